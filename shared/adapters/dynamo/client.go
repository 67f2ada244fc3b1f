package dynamo

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/awsclient"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// maxAnswer is more than DynamoDB ever answers: a page has 1 MB, which JSON can make six
// times as long.
const maxAnswer = 16 << 20

// patience is for one attempt: DynamoDB answers in milliseconds, and what hangs is better
// given up than waited for until the function's own time is over.
const patience = 10 * time.Second

// client makes calls in DynamoDB's protocol, AWS JSON 1.0. It repeats none. It is safe for
// concurrent use.
type client struct {
	sender *awsclient.Sender
	at     *url.URL
}

func newClient(c Config) (*client, error) {
	at, _, err := awsclient.Endpoint(c.AWS, "dynamodb")
	if err != nil {
		return nil, err
	}
	at.Path += "/"
	sender, err := awsclient.NewSender(awsclient.SenderConfig{AWS: c.AWS, Service: "dynamodb", Clock: c.Clock, Timeout: patience, Once: true})
	return &client{sender: sender, at: at}, err
}

// call makes one call; out may be nil. An error that DynamoDB answered with is a refusal.
func (c *client) call(ctx context.Context, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("writing a request: %w", err)
	}
	header := map[string]string{"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810." + operation}
	return c.sender.Send(ctx, awsclient.Request{Method: http.MethodPost, URL: c.at, Header: header, Body: body}, func(res *http.Response) error {
		answer, err := readAnswer(res)
		if err != nil {
			return err
		}
		if res.StatusCode < http.StatusOK || res.StatusCode >= http.StatusMultipleChoices {
			return refused(res, answer)
		}
		if out == nil {
			return nil
		}
		if err := json.Unmarshal(answer, out); err != nil {
			return errs.Wrap(errs.Unavailable, "an answer of the table can't be read", err)
		}
		return nil
	})
}

// readAnswer reads an answer to its end and compares it with the checksum that DynamoDB
// sends along (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html).
func readAnswer(res *http.Response) ([]byte, error) {
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, "an answer of the table broke off", err)
	}
	want := res.Header.Get("X-Amz-Crc32")
	if want != "" && want != strconv.FormatUint(uint64(crc32.ChecksumIEEE(answer)), 10) {
		return nil, errs.New(errs.Unavailable, "an answer of the table was damaged on its way")
	}
	return answer, nil
}

// refusal is an error that DynamoDB answered with.
type refusal struct {
	error // with its code, for awserr

	item    attributes // the one whose condition did not hold, if it was asked for
	reasons []string   // codes for the writes of a transaction, in their order
}

// Unwrap gives the error as the SDK has it.
func (r *refusal) Unwrap() error { return r.error }

// refused reads what the errors ConditionalCheckFailedException and
// TransactionCanceledException tell besides their code.
func refused(res *http.Response, body []byte) error {
	r := &refusal{error: awsclient.RefusalInJSON(res, body)}
	var more struct {
		Item                attributes
		CancellationReasons []struct{ Code string }
	}
	if json.Unmarshal(body, &more) != nil { // of a proxy, say: the status tells enough
		return r
	}
	r.item = more.Item
	for _, reason := range more.CancellationReasons {
		r.reasons = append(r.reasons, reason.Code)
	}
	return r
}
