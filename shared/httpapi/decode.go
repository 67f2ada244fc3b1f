package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/strictjson"
)

// MaxDepth is how deeply a request's arrays and objects may be nested.
const MaxDepth = 32

// DecodeJSON reads the request's body into the struct that into points to and names all
// that is wrong with it at once: unknown and repeated members, wrong types. Members match
// by their exact names.
func DecodeJSON(r *http.Request, into any) error {
	if err := RequireJSON(r); err != nil {
		return err
	}
	body, err := ReadBody(r)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return errs.New(errs.Invalid, "a JSON body is required")
	}
	report, err := strictjson.Scan(body, MaxDepth)
	if err != nil {
		return errs.Wrap(errs.Invalid, "the body is not acceptable JSON: "+err.Error(), err)
	}
	fields := mismatches(body, into)
	for _, p := range report.Duplicates {
		fields = append(fields, errs.Field{Pointer: p, Message: "is given more than once"})
	}
	if len(fields) > 0 {
		return errs.WithFields("the body does not have the expected form", fields)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return unmarshalError(err)
	}
	return nil
}

// usualBody is what is made room for at once when a body's length is told, in bytes.
const usualBody = 64 << 10

// ReadBody reads the whole body up to the route's cap.
func ReadBody(r *http.Request) ([]byte, error) {
	room := max(0, min(r.ContentLength, usualBody)) + bytes.MinRead
	read := bytes.NewBuffer(make([]byte, 0, room))
	_, err := read.ReadFrom(r.Body)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, bodyTooLarge(large.Limit)
	case err != nil:
		return nil, errs.Wrap(errs.Invalid, "the body could not be read", err)
	}
	return read.Bytes(), nil
}

func bodyTooLarge(limit int64) error {
	return errs.New(errs.TooLarge, fmt.Sprintf("the body is larger than %d bytes", limit))
}

// RequireJSON refuses a body that is said to be anything else.
func RequireJSON(r *http.Request) error {
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return errs.New(errs.Invalid, "compressed request bodies are not taken")
	}
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return errs.New(errs.Invalid, "unsupported media type, application/json is expected")
	}
	if c := params["charset"]; c != "" && !strings.EqualFold(c, "utf-8") {
		return errs.New(errs.Invalid, "unsupported charset, utf-8 is expected")
	}
	return nil
}

// unmarshalError names the field that only decoding itself could refuse: a number out of
// range, or a value that a type's own UnmarshalJSON does not take.
func unmarshalError(err error) error {
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) && t.Field != "" {
		pointer := strictjson.Pointer(strings.Split(t.Field, ".")...)
		return errs.WithFields("the body does not have the expected form",
			[]errs.Field{{Pointer: pointer, Message: "is not acceptable"}})
	}
	return errs.Wrap(errs.Invalid, "a value of the body is not acceptable", err)
}
