package gitlab

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode"

	api "github.com/xanzy/go-gitlab"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// classify turns a failed attempt into one of Slipway's errors.
func (c *Client) classify(k call, resp *api.Response, err error) *errs.Error {
	var token *tokenError
	if errors.As(err, &token) {
		return noToken(k.doing, token)
	}
	var refused *api.ErrorResponse
	switch {
	case errors.Is(err, api.ErrNotFound):
		return notFound(k, resp, err)
	case errors.As(err, &refused):
		return c.refusal(k, refused)
	}
	return errs.Wrap(errs.Unavailable, k.doing+": GitLab can't be reached or gave no usable answer", err)
}

func noToken(doing string, err *tokenError) *errs.Error {
	kind := errs.KindOf(err.error)
	if kind == errs.Internal {
		kind = errs.Unavailable
	}
	return errs.Wrap(kind, doing+": GitLab's access token can't be obtained", err)
}

// notFound trusts only GitLab's own 404: one of a proxy in between says nothing about
// what is there.
func notFound(k call, resp *api.Response, err error) *errs.Error {
	if resp == nil || !isJSON(resp.Response) {
		return errs.Wrap(errs.Unavailable, k.doing+": the answer 404 does not come from GitLab", err)
	}
	return errs.Wrap(errs.NotFound, k.doing+": GitLab has no such thing, or not for this token", err)
}

func isJSON(resp *http.Response) bool {
	if resp == nil {
		return false
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return kind == "application/json"
}

// statusKinds are the kinds of statuses that need no look at the body.
var statusKinds = map[int]errs.Kind{
	http.StatusUnauthorized:          errs.Unauthenticated,
	http.StatusForbidden:             errs.Forbidden,
	http.StatusMethodNotAllowed:      errs.Forbidden, // what a rule of the project forbids
	http.StatusRequestTimeout:        errs.Unavailable,
	http.StatusConflict:              errs.Conflict,
	http.StatusRequestEntityTooLarge: errs.TooLarge,
	http.StatusTooManyRequests:       errs.RateLimited,
}

func (c *Client) refusal(k call, refused *api.ErrorResponse) *errs.Error {
	return c.answered(k.doing, refused.Response.StatusCode, refused.Response.Header, reasonOf(refused.Body), refused)
}

// answered classifies an answer without success, with GitLab's reason as safe text.
func (c *Client) answered(doing string, status int, header http.Header, reason string, cause error) *errs.Error {
	kind, known := statusKinds[status]
	switch {
	case known:
	case status >= 500:
		kind, reason = errs.Unavailable, ""
	case status < 400:
		return errs.Wrap(errs.Invalid, doing+": GitLab redirects elsewhere, the configured URL is not its own", cause)
	case isTaken(reason):
		kind = errs.Conflict
	default:
		kind = errs.Invalid
	}
	message := fmt.Sprintf("%s: GitLab answered %d", doing, status)
	if reason != "" {
		message += ": " + reason
	}
	out := errs.Wrap(kind, message, cause)
	if kind == errs.RateLimited || kind == errs.Unavailable {
		out.RetryAfter = c.askedWait(status, header)
	}
	return out
}

// isTaken knows the texts by which GitLab says, with status 400, that the state is not
// what the request assumed.
func isTaken(reason string) bool {
	for _, text := range []string{"has already been taken", "already exists", "A file with this name doesn't exist", "since you started editing it"} {
		if strings.Contains(reason, text) {
			return true
		}
	}
	return false
}

// maxReason is how much of GitLab's reason is passed on, in characters.
const maxReason = 300

// reasonOf takes GitLab's reason out of an error body, which has several shapes; "" for
// anything that is not GitLab's JSON.
func reasonOf(body []byte) string {
	var answer struct {
		Message     any    `json:"message"`
		Error       any    `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	parts := reasons("", answer.Message, 0)
	if len(parts) == 0 {
		parts = reasons("", answer.Error, 0)
	}
	if answer.Description != "" {
		parts = append(parts, answer.Description)
	}
	return safeText(strings.Join(parts, "; "))
}

// reasons flattens texts, lists and mappings; a body nests two levels at most.
func reasons(field string, v any, depth int) []string {
	var out []string
	switch v := v.(type) {
	case string:
		if field != "" && field != "base" && field != "error" {
			v = field + " " + v
		}
		return []string{v}
	case []any:
		for _, item := range v {
			out = append(out, reasons(field, item, depth)...)
		}
	case map[string]any:
		if depth > 3 {
			return nil
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out = append(out, reasons(k, v[k], depth+1)...)
		}
	}
	return out
}

// safeText makes a foreign text fit for a message: one line, no control or format
// characters, not too long.
func safeText(s string) string {
	cleaned := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	runes := []rune(strings.Join(strings.Fields(cleaned), " "))
	if len(runes) > maxReason {
		return string(runes[:maxReason]) + "…"
	}
	return string(runes)
}
