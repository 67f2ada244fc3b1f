package awsclient

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// maxAnswer bounds what is read of an answer; none of the calls made here has a longer one.
const maxAnswer = 4 << 20

// Calls makes calls to one service that has a single address.
type Calls struct {
	sender *Sender
	at     *url.URL
}

// NewCalls finds the service's address in the configured region.
func NewCalls(c SenderConfig) (*Calls, error) {
	at, _, err := Endpoint(c.AWS, c.Service)
	if err != nil {
		return nil, err
	}
	at.Path += "/"
	sender, err := NewSender(c)
	return &Calls{sender: sender, at: at}, err
}

// JSON makes a call in the protocol AWS JSON 1.1
// (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html): target is the
// operation's full name, "AmazonSSM.GetParameters". Out may be nil.
func (c *Calls) JSON(ctx context.Context, target string, in, out any) error {
	return c.json(ctx, "application/x-amz-json-1.1", target, in, out)
}

// JSON10 makes a call in the protocol AWS JSON 1.0, which differs in its name alone
// (https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html).
func (c *Calls) JSON10(ctx context.Context, target string, in, out any) error {
	return c.json(ctx, "application/x-amz-json-1.0", target, in, out)
}

func (c *Calls) json(ctx context.Context, contentType, target string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("writing the input of %s: %w", target, err)
	}
	header := map[string]string{"Content-Type": contentType, "X-Amz-Target": target}
	return c.call(ctx, header, body, refusedInJSON, func(answer []byte) error {
		if out == nil {
			return nil
		}
		return json.Unmarshal(answer, out)
	})
}

// Query makes a call in the protocol AWS Query
// (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html), which answers in XML.
func (c *Calls) Query(ctx context.Context, form url.Values, out any) error {
	header := map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
	return c.call(ctx, header, []byte(form.Encode()), refusedInXML, func(answer []byte) error { return xml.Unmarshal(answer, out) })
}

// refusal reads an error's code and message from an answer that is no success.
type refusal func(res *http.Response, body []byte) (code, message string)

func (c *Calls) call(ctx context.Context, header map[string]string, body []byte, refused refusal, take func([]byte) error) error {
	return c.sender.Send(ctx, Request{Method: http.MethodPost, URL: c.at, Header: header, Body: body}, func(res *http.Response) error {
		answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
		if err != nil {
			return errs.Wrap(errs.Unavailable, "an answer of AWS broke off", err)
		}
		if res.StatusCode < http.StatusOK || res.StatusCode >= http.StatusMultipleChoices {
			code, message := refused(res, answer)
			return Refusal(res, code, message)
		}
		if err := take(answer); err != nil {
			return errs.New(errs.Unavailable, "an answer of AWS can't be read") // the decoder's error may quote a secret
		}
		return nil
	})
}

// Refusal gives an answer that is no success the form of the SDK's errors.
func Refusal(res *http.Response, code, message string) error {
	fault := smithy.FaultClient
	if res.StatusCode >= http.StatusInternalServerError {
		fault = smithy.FaultServer
	}
	id := res.Header.Get("X-Amzn-Requestid")
	if id == "" {
		id = res.Header.Get("X-Amz-Request-Id")
	}
	return &awshttp.ResponseError{
		RequestID: id,
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: res},
			Err:      &smithy.GenericAPIError{Code: code, Message: message, Fault: fault},
		},
	}
}

// refusedInJSON reads the code from where the protocol has it: a header or the document,
// in front a namespace or behind a URL that do not belong to it.
func refusedInJSON(res *http.Response, body []byte) (code, message string) {
	var said struct {
		Type    string `json:"__type"`
		Code    string `json:"code"`
		Message string `json:"message"` // some services write it with a capital
	}
	if json.Unmarshal(body, &said) != nil {
		said.Message = res.Status
	}
	for _, name := range []string{res.Header.Get("X-Amzn-Errortype"), said.Type, said.Code} {
		if name, _, _ = strings.Cut(name, ":"); name != "" {
			return name[strings.LastIndexByte(name, '#')+1:], said.Message
		}
	}
	return "", said.Message
}

func refusedInXML(res *http.Response, body []byte) (code, message string) {
	var said struct {
		Code    string `xml:"Error>Code"`
		Message string `xml:"Error>Message"`
	}
	if xml.NewDecoder(bytes.NewReader(body)).Decode(&said) != nil {
		said.Message = res.Status
	}
	return said.Code, said.Message
}
