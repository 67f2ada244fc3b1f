package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// The longest attributes of an event, in bytes. Source and type are bounded by what
// EventBridge takes (https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html).
const (
	maxSource = 256
	maxType   = 128
	maxID     = 256
)

// Encode gives the JSON form of an event. Invalid for an envelope that no bus takes,
// TooLarge for one of more than MaxEventBytes. Adapters publish what it gives.
func Encode(e Event) ([]byte, error) {
	if err := validate(e); err != nil {
		return nil, err
	}
	body, err := json.Marshal(e)
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, "the event's data is not JSON", err)
	}
	if len(body) > MaxEventBytes {
		return nil, errs.New(errs.TooLarge, fmt.Sprintf("the event %s takes %d bytes, more than %d", e.Type, len(body), MaxEventBytes))
	}
	return body, nil
}

// EncodeAll encodes events, all or none, so that a bad one is found before any is sent.
func EncodeAll(events []Event) ([][]byte, error) {
	bodies := make([][]byte, len(events))
	for i, e := range events {
		body, err := Encode(e)
		if err != nil {
			return nil, fmt.Errorf("event %d of %d: %w", i+1, len(events), err)
		}
		bodies[i] = body
	}
	return bodies, nil
}

// Decode reads the JSON form of an event. Invalid when it is not one.
func Decode(body []byte) (Event, error) {
	var e Event
	if err := json.Unmarshal(body, &e); err != nil {
		return Event{}, errs.Wrap(errs.Invalid, "the message is not an event in JSON", err)
	}
	if err := validate(e); err != nil {
		return Event{}, err
	}
	return e, nil
}

func validate(e Event) error {
	for _, a := range []struct {
		name, value string
		most        int
	}{{"id", e.ID, maxID}, {"source", e.Source, maxSource}, {"type", e.Type, maxType}} {
		if a.value == "" || len(a.value) > a.most || !utf8.ValidString(a.value) || strings.ContainsFunc(a.value, unicode.IsControl) {
			return errs.New(errs.Invalid, fmt.Sprintf("the event's %s is not 1 to %d bytes of text", a.name, a.most))
		}
	}
	switch {
	case e.SpecVersion != "1.0":
		return errs.New(errs.Invalid, "the event's specversion is not 1.0")
	case e.Time.IsZero():
		return errs.New(errs.Invalid, "the event has no time")
	case e.DataContentType != "application/json":
		return errs.New(errs.Invalid, "the event's datacontenttype is not application/json")
	case len(bytes.TrimSpace(e.Data)) == 0:
		return errs.New(errs.Invalid, "the event has no data")
	}
	return nil
}

// Matches reports whether the rule selects e.
func (r Rule) Matches(e Event) bool {
	return (len(r.Sources) == 0 || slices.Contains(r.Sources, e.Source)) &&
		(len(r.Types) == 0 || slices.ContainsFunc(r.Types, func(pattern string) bool {
			if prefix, open := strings.CutSuffix(pattern, "*"); open {
				return strings.HasPrefix(e.Type, prefix)
			}
			return e.Type == pattern
		}))
}

// Context gives the context that a handler of e works in: it carries the request, the
// actor and the operation that e happened for.
func Context(ctx context.Context, e Event) context.Context {
	return correlation.With(ctx, correlation.IDs{RequestID: e.RequestID, Actor: e.Actor, OperationID: e.OperationID})
}
