package gitlab

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	api "github.com/xanzy/go-gitlab"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// The back-off between attempts: doubling from first to last, each half to one and a half.
const (
	firstDelay = 200 * time.Millisecond
	lastDelay  = 2 * time.Second
)

// send runs a call until it is answered for good. The error is classified.
func (c *Client) send(ctx context.Context, k call, out any) (resp *api.Response, err error) {
	failure := c.persist(ctx, k.method != http.MethodPost, func() *errs.Error {
		if resp, err = c.attempt(ctx, k, out); err != nil {
			return c.classify(k, resp, err)
		}
		return nil
	})
	if failure != nil {
		return resp, failure
	}
	return resp, nil
}

// persist makes attempts until one is answered for good.
func (c *Client) persist(ctx context.Context, repeatable bool, attempt func() *errs.Error) *errs.Error {
	for n := 1; ; n++ {
		failure := attempt()
		if failure == nil {
			return nil
		}
		delay, again := c.retry(failure, repeatable, n)
		if !again || ctx.Err() != nil || c.cfg.Clock.Sleep(ctx, delay) != nil {
			return failure
		}
	}
}

// sendFor is send for one object, which has to be there: an answer of 2xx without an id is
// not GitLab's, and says nothing about what happened.
func (c *Client) sendFor(ctx context.Context, k call, out interface{ hasID() bool }) error {
	if _, err := c.send(ctx, k, out); err != nil {
		return err
	}
	if !out.hasID() {
		return errs.New(errs.Unavailable, k.doing+": GitLab's answer lacks an id")
	}
	return nil
}

func (c *Client) attempt(ctx context.Context, k call, out any) (*api.Response, error) {
	timeout := k.timeout
	if timeout == 0 {
		timeout = c.cfg.Timeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return c.once(ctx, k, out)
}

// retry decides whether a failed attempt may be repeated, and after what wait.
func (c *Client) retry(failure *errs.Error, repeatable bool, attempt int) (time.Duration, bool) {
	if attempt >= c.cfg.Attempts || failure.RetryAfter > c.cfg.MaxRateWait {
		return 0, false
	}
	switch failure.Kind {
	case errs.RateLimited:
		return max(failure.RetryAfter, backoff(attempt)), true
	case errs.Unavailable:
		var token *tokenError
		return max(failure.RetryAfter, backoff(attempt)), repeatable || errors.As(failure, &token)
	default:
		return 0, false
	}
}

// backoff is the wait after the n-th attempt.
func backoff(n int) time.Duration {
	d := min(firstDelay<<min(n-1, 10), lastDelay)
	return d/2 + time.Duration(rand.Int64N(int64(d))) //nolint:gosec // G404: jitter need not be secret
}

// askedWait reads how long GitLab wants the client to wait, 0 when it does not say: the
// limiter of single endpoints sends neither header.
func (c *Client) askedWait(status int, header http.Header) time.Duration {
	now := c.cfg.Clock.Now()
	if v := header.Get("Retry-After"); v != "" {
		if seconds, err := strconv.ParseInt(v, 10, 32); err == nil && seconds >= 0 {
			return time.Duration(seconds) * time.Second
		}
		if at, err := http.ParseTime(v); err == nil {
			return max(at.Sub(now), 0)
		}
	}
	if status != http.StatusTooManyRequests {
		return 0
	}
	if at, err := strconv.ParseInt(header.Get("RateLimit-Reset"), 10, 64); err == nil {
		return min(max(time.Unix(at, 0).Sub(now), 0), time.Hour)
	}
	return 0
}

// errEndless is a listing whose pages lead back to themselves.
var errEndless = errs.New(errs.Unavailable, "GitLab's listing does not end")

// pages reads a listing page by page until each says that it has enough.
func pages[T any](ctx context.Context, c *Client, k call, each func(entries []T) (enough bool)) error {
	var entries []T
	fresh := func() any {
		entries = nil
		return &entries
	}
	return c.turnPages(ctx, k, fresh, func() (enough, isList bool) {
		return entries != nil && each(entries), entries != nil
	})
}

// turnPages reads each page into what fresh gives. Only the query of the link to the next
// page is used, so that an answer can't send the token elsewhere.
func (c *Client) turnPages(ctx context.Context, k call, fresh func() any, each func() (enough, isList bool)) error {
	for range maxPages {
		resp, err := c.send(ctx, k, fresh())
		if err != nil {
			return err
		}
		next := nextQuery(resp)
		enough, isList := each()
		switch {
		case !isList:
			return errs.New(errs.Unavailable, k.doing+": GitLab's answer is not a list")
		case enough || next == nil:
			return nil
		case next.Encode() == k.query.Encode():
			return errEndless
		}
		k.query = next
	}
	return errEndless
}

// list reads pages until limit entries are there; limit 0 reads all of them.
func list[T any](ctx context.Context, c *Client, k call, limit int) ([]T, error) {
	var out []T
	err := pages(ctx, c, k, func(entries []T) bool {
		out = append(out, entries...)
		return limit > 0 && len(out) >= limit
	})
	if err != nil {
		return nil, err
	}
	if limit > 0 && len(out) > limit {
		out = out[:limit]
	}
	return out, nil
}
