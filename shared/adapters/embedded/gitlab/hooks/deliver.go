package hooks

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/gitlab/state"
)

const (
	timeout      = 10 * time.Second
	keptResponse = 8 << 10 // bytes of an answer that the log keeps
	keptEvents   = 100     // log entries kept per hook
)

// transport dials names below .localhost on the loopback address (RFC 6761), whatever the
// resolver says of them.
func transport(insecure bool) *http.Transport {
	dialer := &net.Dialer{Timeout: timeout}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(addr)
			if err == nil && (host == "localhost" || strings.HasSuffix(host, ".localhost")) {
				addr = net.JoinHostPort("127.0.0.1", port)
			}
			return dialer.DialContext(ctx, network, addr)
		},
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: insecure, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: timeout,
		MaxIdleConnsPerHost: 4,
		IdleConnTimeout:     30 * time.Second,
	}
}

// Run delivers what is queued until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	slots := make(chan struct{}, s.cfg.Parallel)
	for {
		queue, err := s.queued()
		if err != nil {
			return err
		}
		for _, d := range queue {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return nil
			}
			if !s.take(d.ID) {
				<-slots
				continue
			}
			running.Go(func() {
				defer func() { s.release(d.ID); <-slots }()
				s.deliverQueued(ctx, d)
			})
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *Service) queued() ([]state.Delivery, error) {
	var list []state.Delivery
	err := s.cfg.State.View(func(tx *state.Tx) (err error) {
		list, err = state.Deliveries.All(tx, "")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading queued webhooks: %w", err)
	}
	return list, nil
}

// take marks a delivery as being made, if it is still queued and nobody else makes it.
func (s *Service) take(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flying[id] {
		return false
	}
	still := false
	_ = s.cfg.State.View(func(tx *state.Tx) error { still = state.Deliveries.Has(tx, state.ID(id)); return nil })
	if still {
		s.flying[id] = true
	}
	return still
}

func (s *Service) release(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.flying, id)
}

func (s *Service) deliverQueued(ctx context.Context, d state.Delivery) {
	var h state.Hook
	err := s.cfg.State.View(func(tx *state.Tx) (err error) {
		h, err = state.Hooks.Get(tx, state.ID(d.ProjectID, d.HookID))
		return err
	})
	if err != nil || !s.Executable(h) {
		s.drop(ctx, d)
		return
	}
	event := s.send(ctx, h, d)
	if ctx.Err() != nil {
		return // interrupted: made again at the next start
	}
	if _, err := s.record(h, d, event); err != nil {
		s.cfg.Logger.ErrorContext(ctx, "a webhook's outcome could not be stored", "hook", h.ID, "error", err)
	}
}

func (s *Service) drop(ctx context.Context, d state.Delivery) {
	err := s.cfg.State.Update(func(tx *state.Tx) error { return state.Deliveries.Delete(tx, state.ID(d.ID)) })
	if err != nil {
		s.cfg.Logger.ErrorContext(ctx, "a webhook could not be dropped", "delivery", d.ID, "error", err)
	}
}

// send makes the call and describes it; a failure is a part of the description.
func (s *Service) send(ctx context.Context, h state.Hook, d state.Delivery) state.HookEvent {
	ev := state.HookEvent{
		URL: h.URL, Trigger: d.Trigger, Event: d.Event, RequestBody: d.Body, EventUUID: d.EventUUID,
		IdempotencyKey: d.IdempotencyKey, Status: "internal error", CreatedAt: s.cfg.Clock.Now(),
		RequestHeaders: map[string]string{}, ResponseHeaders: map[string]string{},
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(d.Body))
	if err != nil {
		ev.ResponseBody = "the URL is not valid"
		return ev
	}
	if err := s.headers(r.Header, h, d); err != nil {
		ev.ResponseBody = err.Error()
		return ev
	}
	for _, k := range slices.Sorted(maps.Keys(r.Header)) {
		ev.RequestHeaders[k] = r.Header.Get(k)
	}
	if h.Token != "" {
		ev.RequestHeaders["X-Gitlab-Token"] = "[REDACTED]"
	}
	s.exchange(r, h, &ev)
	ev.Seconds = s.cfg.Clock.Now().Sub(ev.CreatedAt).Seconds()
	return ev
}

func (s *Service) exchange(r *http.Request, h state.Hook, ev *state.HookEvent) {
	rt := s.verified
	if !h.VerifyTLS {
		rt = s.insecure
	}
	resp, err := rt.RoundTrip(r) // redirects are not followed: 3xx counts as success
	if err != nil {
		ev.ResponseBody = "the receiver did not answer"
		if errors.Is(err, context.DeadlineExceeded) {
			ev.ResponseBody = "the receiver did not answer in time"
		}
		s.cfg.Logger.InfoContext(r.Context(), "a webhook was not delivered", "hook", h.ID, "error", err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, keptResponse))
	if err != nil {
		ev.ResponseBody = "the receiver's answer broke off"
		return
	}
	ev.ResponseBody, ev.Status = string(body), strconv.Itoa(resp.StatusCode)
	for k := range resp.Header {
		ev.ResponseHeaders[k] = resp.Header.Get(k)
	}
}

func succeeded(ev state.HookEvent) bool {
	code, err := strconv.Atoi(ev.Status)
	return err == nil && code >= 200 && code < 400
}

// record stores the outcome, counts failures and takes the delivery off the queue.
func (s *Service) record(h state.Hook, d state.Delivery, ev state.HookEvent) (state.HookEvent, error) {
	err := s.cfg.State.Update(func(tx *state.Tx) error {
		if err := state.Deliveries.Delete(tx, state.ID(d.ID)); err != nil {
			return err
		}
		h, err := state.Hooks.Get(tx, state.ID(d.ProjectID, h.ID))
		if errors.Is(err, state.ErrNotFound) {
			return nil // deleted meanwhile
		}
		if err != nil {
			return err
		}
		if ev.ID, err = tx.NextID("hook-events"); err != nil {
			return err
		}
		if err := state.HookEvents.Put(tx, state.ID(d.ProjectID, h.ID, ev.ID), ev); err != nil {
			return err
		}
		if err := trim(tx, d.ProjectID, h.ID); err != nil {
			return err
		}
		s.count(&h, succeeded(ev))
		return state.Hooks.Put(tx, state.ID(h.ProjectID, h.ID), h)
	})
	return ev, err
}

func trim(tx *state.Tx, project, hook int64) error {
	all, err := state.HookEvents.All(tx, state.ID(project, hook))
	if err != nil {
		return err
	}
	for _, old := range all[:max(0, len(all)-keptEvents)] {
		if err := state.HookEvents.Delete(tx, state.ID(project, hook, old.ID)); err != nil {
			return err
		}
	}
	return nil
}
