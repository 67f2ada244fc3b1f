package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// response remembers what has been sent.
type response struct {
	http.ResponseWriter
	code         int
	bytes        int64
	failedMidway bool
}

// Unwrap lets http.ResponseController reach the connection (flush, deadlines).
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader sends the status. Informational statuses (1xx) don't start the answer.
func (w *response) WriteHeader(code int) {
	if code >= http.StatusOK && w.code == 0 {
		w.code = code
	}
	w.ResponseWriter.WriteHeader(code)
}

// Write sends a part of the body.
func (w *response) Write(p []byte) (int, error) {
	if w.code == 0 {
		w.code = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

func (w *response) started() bool { return w.code != 0 }

// status gives what the client sees; net/http sends 200 when a handler writes nothing.
func (w *response) status() int {
	if w.code == 0 {
		return http.StatusOK
	}
	return w.code
}

// The media types of answers.
const (
	mediaJSON    = "application/json; charset=utf-8"
	mediaProblem = "application/problem+json"
)

// WriteJSON answers with v as JSON. Nothing has been sent when it returns an error about v.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	return writeJSON(w, status, mediaJSON, v)
}

// WriteRawJSON answers with a JSON document as it is: the bytes are neither checked nor
// copied, and w does not keep them.
func WriteRawJSON(w http.ResponseWriter, status int, body []byte) error {
	return writeBody(w, status, mediaJSON, body)
}

func writeJSON(w http.ResponseWriter, status int, mediaType string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	return writeBody(w, status, mediaType, body)
}

func writeBody(w http.ResponseWriter, status int, mediaType string, body []byte) error {
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil { //nolint:gosec // always JSON, and nosniff says so
		return fmt.Errorf("sending the answer: %w", err)
	}
	return nil
}
