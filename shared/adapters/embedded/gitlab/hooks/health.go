package hooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

// When failing hooks are switched off (GitLab's auto-disabling).
const (
	tolerated    = 3  // failures in a row before the first pause
	hopeless     = 40 // failures in a row before it is off for good
	firstBackoff = time.Minute
	maxBackoff   = 24 * time.Hour
	signingKey   = "whsec_"
)

// count takes one outcome into the hook's health. System hooks are never switched off.
func (s *Service) count(h *state.Hook, ok bool) {
	if h.ProjectID == state.SystemHooks {
		return
	}
	if ok {
		h.Failures, h.Backoffs, h.DisabledUntil, h.Disabled = 0, 0, nil, false
		return
	}
	h.Failures++
	switch {
	case h.Failures >= hopeless:
		h.Disabled, h.DisabledUntil = true, nil
	case h.Failures > tolerated:
		pause := min(firstBackoff<<min(h.Backoffs, 20), maxBackoff)
		until := s.cfg.Clock.Now().Add(pause)
		h.DisabledUntil = &until
		h.Backoffs++
	}
}

// AlertStatus is a hook's health in the API's words.
func (s *Service) AlertStatus(h state.Hook) string {
	switch {
	case h.Disabled:
		return "disabled"
	case !s.Executable(h):
		return "temporarily_disabled"
	}
	return "executable"
}

func (s *Service) headers(out http.Header, h state.Hook, d state.Delivery) error {
	for k, v := range h.CustomHeaders {
		out.Set(k, v)
	}
	out.Set("Content-Type", "application/json")
	out.Set("User-Agent", "GitLab/"+s.cfg.Version)
	out.Set("X-Gitlab-Event", d.Event)
	out.Set("X-Gitlab-Instance", s.cfg.BaseURL)
	out.Set("X-Gitlab-Webhook-UUID", s.cfg.IDs.New()) // per request, as GitLab's code does
	out.Set("X-Gitlab-Event-UUID", d.EventUUID)
	out.Set("Idempotency-Key", d.IdempotencyKey)
	if h.Token != "" {
		out.Set("X-Gitlab-Token", h.Token)
	}
	if h.SigningToken == "" {
		return nil
	}
	at := strconv.FormatInt(s.cfg.Clock.Now().Unix(), 10)
	sig, err := Sign(h.SigningToken, d.IdempotencyKey, at, d.Body)
	if err != nil {
		return err
	}
	out.Set("webhook-id", d.IdempotencyKey)
	out.Set("webhook-timestamp", at)
	out.Set("webhook-signature", sig)
	return nil
}

// Sign makes a Standard Webhooks signature: HMAC-SHA256 over id.timestamp.body.
func Sign(token, id, timestamp string, body []byte) (string, error) {
	encoded, ok := strings.CutPrefix(token, signingKey)
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) == 0 {
		return "", errors.New("the signing token is not whsec_ and base64")
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
