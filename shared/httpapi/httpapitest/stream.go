package httpapitest

import (
	"bufio"
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Stream reads server-sent events as they come.
type Stream struct {
	*bufio.Reader
	Answer *http.Response
}

// OpenStream asks for a stream of events behind the one of lastID, "" for all.
func OpenStream(t *testing.T, url, lastID string) *Stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	return &Stream{bufio.NewReader(answer.Body), answer}
}

// Next gives the next event's id and type, and false at the end of the stream.
func (s *Stream) Next(t *testing.T) (id int, kind string, ok bool) {
	t.Helper()
	for {
		line, err := s.ReadString('\n')
		if err != nil {
			return 0, "", false
		}
		switch name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); name {
		case "id":
			if id, err = strconv.Atoi(value); err != nil {
				t.Fatal(line)
			}
		case "event":
			kind = value
		case "":
			if kind != "" {
				return id, kind, true
			}
		}
	}
}
