package httpapi

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// WriteTagged sends JSON with the weak ETag that Express gives it.
func WriteTagged(w http.ResponseWriter, r *http.Request, body []byte) error {
	sum := sha1.Sum(body)
	return WriteAs(w, r, fmt.Sprintf(`W/"%x-%s"`, len(body), base64.RawStdEncoding.EncodeToString(sum[:])), body)
}

// WriteTaggedJSON sends v as JSON in the same way.
func WriteTaggedJSON(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	return WriteTagged(w, r, body)
}

// WriteAs sends JSON with an ETag, or 304 when the caller has it already.
func WriteAs(w http.ResponseWriter, r *http.Request, tag string, body []byte) error {
	w.Header().Set("ETag", tag)
	if known(r, tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return WriteRawJSON(w, http.StatusOK, body)
}

// known reports whether the caller says that it has what the tag names, and does not ask
// for it all the same (as fetch does when a program sets If-None-Match itself).
func known(r *http.Request, tag string) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	for _, line := range r.Header.Values("Cache-Control") {
		for directive := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(directive), "no-cache") {
				return false
			}
		}
	}
	return matchesTag(r.Header.Values("If-None-Match"), tag)
}

// matchesTag compares weakly (RFC 9110 §8.8.3.2).
func matchesTag(lines []string, tag string) bool {
	for _, line := range lines {
		for t := range strings.SplitSeq(line, ",") {
			t = strings.TrimSpace(t)
			if t == "*" || strings.TrimPrefix(t, "W/") == strings.TrimPrefix(tag, "W/") {
				return true
			}
		}
	}
	return false
}
