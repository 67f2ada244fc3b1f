package auth_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/auth/authtest"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// keyRing is a key source whose keys change as a test likes.
type keyRing struct {
	auth.KeySource
	mu     sync.Mutex
	change func(auth.Key, error) (auth.Key, error)
}

func (r *keyRing) set(change func(auth.Key, error) (auth.Key, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.change = change
}

func (r *keyRing) Key(ctx context.Context, id, algorithm string) (auth.Key, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k, err := r.KeySource.Key(ctx, id, algorithm)
	if r.change == nil {
		return k, err
	}
	return r.change(k, err)
}

func ringPair(t *testing.T) (*authtest.Issuer, *auth.Verifier, *keyRing) {
	t.Helper()
	var ring keyRing
	issuer, v, _ := newPair(t, func(cfg *auth.Config) {
		ring.KeySource = cfg.Keys
		cfg.Keys = &ring
	})
	return issuer, v, &ring
}

// TestATokenSeenBeforeIsJudgedAnew: having let a token in once is no reason to do it again.
func TestATokenSeenBeforeIsJudgedAnew(t *testing.T) {
	t.Parallel()
	issuer, v, ring := ringPair(t)
	foreign, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{"RS256": issuer.Issue(nil), "ES256": issuer.IssueES256(nil)} {
		header := []string{"Bearer " + token}
		for _, c := range []struct {
			name   string
			change func(auth.Key, error) (auth.Key, error)
			want   error
		}{
			{"good", nil, nil},
			{"good again", nil, nil},
			{"key withdrawn", func(auth.Key, error) (auth.Key, error) {
				return auth.Key{}, errs.New(errs.Unauthenticated, "the issuer has no such key")
			}, errs.Unauthenticated},
			{"another key under the same name", func(k auth.Key, err error) (auth.Key, error) {
				k.Public = foreign.Public()
				return k, err
			}, errs.Unauthenticated},
			{"key for another algorithm", func(k auth.Key, err error) (auth.Key, error) {
				k.Algorithm = "PS256"
				return k, err
			}, errs.Unauthenticated},
			{"keys out of reach", func(auth.Key, error) (auth.Key, error) {
				return auth.Key{}, errs.New(errs.Unavailable, "down")
			}, errs.Unavailable},
			{"good after all", nil, nil},
		} {
			ring.set(c.change)
			p, err := v.Authenticate(t.Context(), header)
			if !errors.Is(err, c.want) || (err == nil) != (p.EntityRef == "user:default/breanna") {
				t.Errorf("%s, %s: %+v, %v", name, c.name, p, err)
			}
		}
	}
}

func TestATokenSeenBeforeExpires(t *testing.T) {
	t.Parallel()
	issuer, v, clk := newPair(t, nil)
	header := []string{"Bearer " + issuer.Issue(authtest.Claims{"exp": noon.Unix() + 60})}
	for _, c := range []struct {
		forward time.Duration
		ok      bool
	}{{0, true}, {89 * time.Second, true}, {time.Second, false}, {time.Hour, false}} {
		clk.Advance(c.forward)
		if _, err := v.Authenticate(t.Context(), header); (err == nil) != c.ok {
			t.Errorf("%s on: %v", c.forward, err)
		}
	}
}

// TestNeighboursOfATokenSeenBefore: one bit decides.
func TestNeighboursOfATokenSeenBefore(t *testing.T) {
	t.Parallel()
	issuer, v, _ := newPair(t, nil)
	good := "Bearer " + issuer.Issue(nil)
	if _, err := v.Authenticate(t.Context(), []string{good}); err != nil {
		t.Fatal(err)
	}
	near := [][]string{{good, good}, {good + " "}, {good + "\n"}, {" " + good}, {"Bearer  " + good[7:]}, {"bearer " + good[7:]}, {good + "," + good}, nil}
	for i := 7; i < len(good); i += 3 {
		flipped := []byte(good)
		flipped[i] ^= 1
		near = append(near, []string{string(flipped)})
	}
	for _, header := range near {
		if p, err := v.Authenticate(t.Context(), header); !errors.Is(err, errs.Unauthenticated) {
			t.Errorf("%.60q: %+v, %v", header, p, err)
		}
	}
}

// TestCallersShareNothing: what one request does with its principal is nobody else's.
func TestCallersShareNothing(t *testing.T) {
	t.Parallel()
	issuer, v, _ := newPair(t, nil)
	header := []string{"Bearer " + issuer.Issue(nil)}
	first, err := v.Authenticate(t.Context(), header)
	if err != nil {
		t.Fatal(err)
	}
	want := first
	want.Groups, want.Scopes = slices.Clone(first.Groups), slices.Clone(first.Scopes)
	for i := range first.Groups {
		first.Groups[i] = "admins"
	}
	first.Scopes[0] = "everything"
	for range 2 {
		if got, err := v.Authenticate(t.Context(), header); err != nil || !cmp.Equal(want, got) {
			t.Errorf("%v: %s", err, cmp.Diff(want, got))
		}
	}
}

// TestManyTokens: more than are remembered, from many callers at once.
func TestManyTokens(t *testing.T) {
	t.Parallel()
	issuer, v, _ := newPair(t, nil)
	var tokens []string
	for i := range 40 {
		tokens = append(tokens, issuer.IssueES256(authtest.Claims{"sub": fmt.Sprintf("user%d", i)}))
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 120 {
				n := (i*7 + g) % len(tokens)
				header, want := "Bearer "+tokens[n], fmt.Sprintf("user:default/user%d", n)
				if i%5 == 0 {
					header = header[:strings.LastIndexByte(header, '.')+1] + "AAAA"
					want = ""
				}
				if p, err := v.Authenticate(t.Context(), []string{header}); p.EntityRef != want {
					t.Errorf("%d: %+v, %v", n, p, err)
				}
			}
		})
	}
	wg.Wait()
}
