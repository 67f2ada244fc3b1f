package lambdahttp

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// event is the part of an HTTP API event that a request is made of; decoding less than
// the whole event takes a quarter less time.
type event struct {
	RawPath         string            `json:"rawPath"`
	RawQuery        string            `json:"rawQueryString"`
	Cookies         []string          `json:"cookies"`
	Headers         map[string]string `json:"headers"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
	RequestContext  struct {
		Stage      string `json:"stage"`
		RequestID  string `json:"requestId"`
		DomainName string `json:"domainName"`
		HTTP       struct {
			Method   string `json:"method"`
			SourceIP string `json:"sourceIp"`
		} `json:"http"`
	} `json:"requestContext"`
}

// defaultStage is served at the root: its name is not part of the path.
const defaultStage = "$default"

func newRequest(ctx context.Context, e *event) (*http.Request, error) {
	u, err := target(e)
	if err != nil {
		return nil, err
	}
	r := &http.Request{
		Method: e.RequestContext.HTTP.Method, URL: u, RequestURI: u.RequestURI(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: headers(e), RemoteAddr: net.JoinHostPort(e.RequestContext.HTTP.SourceIP, "0"),
	}
	if r.Host = r.Header.Get("Host"); r.Host == "" {
		r.Host = e.RequestContext.DomainName
	}
	r.Header.Del("Host") // net/http keeps it in Host only
	if err := setBody(r, e); err != nil {
		return nil, err
	}
	return r.WithContext(ctx), nil
}

// target takes path and query as they came: an escaped slash stays part of its segment.
func target(e *event) (*url.URL, error) {
	path := e.RawPath
	if stage := e.RequestContext.Stage; stage != "" && stage != defaultStage {
		if rest, ok := strings.CutPrefix(path, "/"+stage); ok && (rest == "" || rest[0] == '/') {
			path = rest
		}
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if e.RawQuery != "" {
		path += "?" + e.RawQuery
	}
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return nil, fmt.Errorf("parsing the request's target: %w", err)
	}
	return u, nil
}

// headers takes each header as one value. API Gateway has joined repeated ones by commas,
// which can't be undone: dates hold commas too.
func headers(e *event) http.Header {
	h := make(http.Header, len(e.Headers)+1)
	for name, v := range e.Headers {
		h[http.CanonicalHeaderKey(name)] = []string{v}
	}
	if len(e.Cookies) > 0 {
		h["Cookie"] = []string{strings.Join(e.Cookies, "; ")}
	}
	return h
}

func setBody(r *http.Request, e *event) error {
	if e.Body == "" {
		r.Body = http.NoBody
		return nil
	}
	if !e.IsBase64Encoded {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(e.Body)), int64(len(e.Body))
		return nil
	}
	decoded, err := base64.StdEncoding.DecodeString(e.Body)
	if err != nil {
		return fmt.Errorf("decoding the body: %w", err)
	}
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(string(decoded))), int64(len(decoded))
	return nil
}
