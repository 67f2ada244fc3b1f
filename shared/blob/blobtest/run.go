// Package blobtest holds the contract of package blob as tests that every adapter runs.
//
// It owns what an adapter must do; how an engine is started is the adapter's own test's.
// Flow: an adapter's test calls Run, and each part gets an empty store of its own.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/blob"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Run holds an adapter to the contract. Open gives a new, empty store at each call.
func Run(t *testing.T, open func(*testing.T) blob.Store) {
	for _, part := range []struct {
		name string
		test func(*testing.T, blob.Store)
	}{
		{"a blob reads as it was put", readsAsPut},
		{"a blob fills memory of its size", fills},
		{"put replaces", putReplaces},
		{"a new blob is put once", putNewOnce},
		{"delete removes", deleteRemoves},
		{"all allowed keys are apart", keysApart},
		{"other keys are invalid", badKeys},
		{"the largest blob fits and no larger", largestBlob},
		{"a list is in order and complete", listInOrder},
		{"a list begins with any prefix", listPrefix},
		{"other lists are invalid", badLists},
		{"one of sixteen puts a new blob", oneWinner},
		{"a blob is never seen half written", neverHalf},
		{"blobs do not share memory", ownMemory},
		{"a cancelled call changes nothing", cancelledCall},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.test(t, open(t))
		})
	}
}

func mustPut(t *testing.T, s blob.Store, key, body string) {
	t.Helper()
	if err := s.Put(t.Context(), key, []byte(body)); err != nil {
		t.Fatalf("putting %s: %v", key, err)
	}
}

func wantBody(t *testing.T, s blob.Store, key, body string) {
	t.Helper()
	if got, err := s.Get(t.Context(), key); err != nil || string(got) != body {
		t.Fatalf("%s holds %d bytes %.40q, want %d bytes %.40q; %v", key, len(got), got, len(body), body, err)
	}
}

func wantKind(t *testing.T, err error, kind errs.Kind) {
	t.Helper()
	if errs.KindOf(err) != kind {
		t.Fatalf("error is %v (%s), want kind %s", err, errs.KindOf(err), kind)
	}
}

func wantAbsent(t *testing.T, s blob.Store, key string) {
	t.Helper()
	_, err := s.Get(t.Context(), key)
	wantKind(t, err, errs.NotFound)
}

func wantList(t *testing.T, s blob.Store, prefix, after string, limit int, want ...string) {
	t.Helper()
	got, err := s.List(t.Context(), prefix, after, limit)
	if err != nil {
		t.Fatalf("listing %q behind %q: %v", prefix, after, err)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("listing %q behind %q (-want +got):\n%s", prefix, after, cmp.Diff(want, got))
	}
}

func readsAsPut(t *testing.T, s blob.Store) {
	for name, body := range map[string]string{
		"empty": "", "text": "héllo\n", "nul": "\x00\x01\x00", "binary": "\xff\xfe", "big": strings.Repeat("0123456789", 300_000),
	} {
		mustPut(t, s, "a/"+name, body)
		wantBody(t, s, "a/"+name, body)
	}
	wantAbsent(t, s, "a/other")
	wantAbsent(t, s, "a")
	wantAbsent(t, s, "a/text/below")
}

func fills(t *testing.T, s blob.Store) {
	for _, body := range []string{"", "x", strings.Repeat("0123456789", 200_000)} {
		mustPut(t, s, "a/b", body)
		into := bytes.Repeat([]byte("-"), len(body)+2)
		if err := s.Fill(t.Context(), "a/b", into[1:len(body)+1]); err != nil || string(into) != "-"+body+"-" {
			t.Fatalf("%d bytes: filled with something else, or more than that: %v", len(body), err)
		}
		wantKind(t, s.Fill(t.Context(), "a/b", into[:len(body)+1]), errs.Invalid)
		if body != "" {
			wantKind(t, s.Fill(t.Context(), "a/b", into[:len(body)-1]), errs.Invalid)
		}
	}
	wantKind(t, s.Fill(t.Context(), "nothing", nil), errs.NotFound)
	wantKind(t, s.Fill(t.Context(), "../a", nil), errs.Invalid)
}

func putReplaces(t *testing.T, s blob.Store) {
	mustPut(t, s, "k", "a long body")
	mustPut(t, s, "k", "short")
	wantBody(t, s, "k", "short")
	wantList(t, s, "", "", 10, "k")
}

func putNewOnce(t *testing.T, s blob.Store) {
	if err := s.PutNew(t.Context(), "a/k", []byte("first")); err != nil {
		t.Fatal(err)
	}
	wantKind(t, s.PutNew(t.Context(), "a/k", []byte("second")), errs.Conflict)
	wantKind(t, s.PutNew(t.Context(), "a/k", []byte("first")), errs.Conflict)
	wantBody(t, s, "a/k", "first")
	mustPut(t, s, "b", "1")
	wantKind(t, s.PutNew(t.Context(), "b", nil), errs.Conflict)
	if err := s.Delete(t.Context(), "a/k"); err != nil {
		t.Fatal(err)
	}
	if err := s.PutNew(t.Context(), "a/k", []byte("third")); err != nil {
		t.Fatal(err)
	}
	wantBody(t, s, "a/k", "third")
}

func deleteRemoves(t *testing.T, s blob.Store) {
	mustPut(t, s, "a/b/c", "x")
	mustPut(t, s, "a/b/d", "stays")
	for range 2 { // the second finds nothing
		if err := s.Delete(t.Context(), "a/b/c"); err != nil {
			t.Fatal(err)
		}
	}
	wantAbsent(t, s, "a/b/c")
	wantBody(t, s, "a/b/d", "stays")
	for _, key := range []string{"a", "a/b", "a/b/d/e", "none/at/all"} {
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatalf("deleting %s, which is not there: %v", key, err)
		}
	}
	wantList(t, s, "", "", 10, "a/b/d")
	if err := s.Delete(t.Context(), "a/b/d"); err != nil {
		t.Fatal(err)
	}
	wantList(t, s, "", "", 10)
	mustPut(t, s, "a/b/c", "again")
	wantBody(t, s, "a/b/c", "again")
}

func keysApart(t *testing.T, s blob.Store) {
	long := strings.Repeat("x", blob.MaxKeyBytes)
	keys := []string{
		"a", "A", "aB", "Ab", "a/b", "a/B", "a/b/c", "a.b", ".a", "a.", "..a", "...", "-", "_", "a/.b", "0",
		long, long[:len(long)-1], strings.ToUpper(long), strings.Repeat("y/", 255) + "yz",
		strings.Repeat("w", 200), strings.Repeat("w", 200) + "/w", strings.Repeat("w", 201), strings.Repeat("w", 400),
	}
	for _, key := range keys {
		if err := s.PutNew(t.Context(), key, []byte(key)); err != nil {
			t.Fatalf("putting %s: %v", key, err)
		}
	}
	for _, key := range keys {
		wantBody(t, s, key, key)
	}
	slices.Sort(keys)
	wantList(t, s, "", "", 100, keys...)
}

func badKeys(t *testing.T, s blob.Store) {
	for _, key := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/..", "./a", "a/.", "a b", "a\\b", "a\x00", "é", "\xff",
		"a~", "a+", "!a", "a:b", "a%2Fb", "C:", "a\nb", strings.Repeat("x", blob.MaxKeyBytes+1),
	} {
		_, get := s.Get(t.Context(), key)
		for call, err := range map[string]error{
			"get": get, "put": s.Put(t.Context(), key, nil), "put new": s.PutNew(t.Context(), key, nil),
			"delete": s.Delete(t.Context(), key),
		} {
			if errs.KindOf(err) != errs.Invalid {
				t.Errorf("%s of key %q gives %v", call, key, err)
			}
		}
	}
	wantList(t, s, "", "", 10)
}

func largestBlob(t *testing.T, s blob.Store) {
	body := bytes.Repeat([]byte("x"), blob.MaxBytes+1)
	wantKind(t, s.Put(t.Context(), "k", body), errs.TooLarge)
	wantKind(t, s.PutNew(t.Context(), "k", body), errs.TooLarge)
	wantAbsent(t, s, "k")
	if testing.Short() {
		return
	}
	if err := s.Put(t.Context(), "k", body[1:]); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(t.Context(), "k"); err != nil || !bytes.Equal(got, body[1:]) {
		t.Fatalf("the largest blob reads as %d bytes; %v", len(got), err)
	}
}

func listInOrder(t *testing.T, s blob.Store) {
	var want []string
	for i := range 25 {
		for _, form := range []string{"d/%02d", "d/%02d/sub", "d/%02d-x"} {
			want = append(want, fmt.Sprintf(form, i))
		}
	}
	for _, key := range want {
		mustPut(t, s, key, "x")
	}
	slices.Sort(want)
	for _, limit := range []int{1, 7, 25, 75, 1000} {
		var got []string
		for after := ""; ; {
			page, err := s.List(t.Context(), "d/", after, limit)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, page...)
			if len(page) > limit {
				t.Fatalf("a list of %d keys although the limit is %d", len(page), limit)
			}
			if len(page) < limit {
				break
			}
			after = page[len(page)-1]
		}
		if !slices.Equal(got, want) {
			t.Fatalf("lists of %d (-want +got):\n%s", limit, cmp.Diff(want, got))
		}
	}
}

func listPrefix(t *testing.T, s blob.Store) {
	for _, key := range []string{"a", "a/b", "a/bc", "a/b/c", "A/b", "ab", "b/a"} {
		mustPut(t, s, key, "x")
	}
	wantList(t, s, "", "", 100, "A/b", "a", "a/b", "a/b/c", "a/bc", "ab", "b/a")
	wantList(t, s, "a", "", 100, "a", "a/b", "a/b/c", "a/bc", "ab")
	wantList(t, s, "a/", "", 100, "a/b", "a/b/c", "a/bc")
	wantList(t, s, "a/b", "", 100, "a/b", "a/b/c", "a/bc")
	wantList(t, s, "a/b/", "", 100, "a/b/c")
	wantList(t, s, "a/", "a/b", 1, "a/b/c")
	wantList(t, s, "a/", "a/b/c", 100, "a/bc")
	wantList(t, s, "a/", "a/bb", 100, "a/bc") // after need not be there
	wantList(t, s, "b", "a", 100, "b/a")
	wantList(t, s, "a", "b", 100)
	for _, prefix := range []string{"x", "x/", "a//", "/", "../", "./a", "a/../"} {
		wantList(t, s, prefix, "", 100)
	}
}

func badLists(t *testing.T, s blob.Store) {
	for _, c := range []struct {
		prefix, after string
		limit         int
	}{
		{"", "", 0}, {"", "", -1}, {"", "", blob.MaxList + 1}, {"a b", "", 1}, {"", "\x00", 1}, {"~", "", 1}, {"é", "", 1},
		{strings.Repeat("x", blob.MaxKeyBytes+1), "", 1},
	} {
		if _, err := s.List(t.Context(), c.prefix, c.after, c.limit); errs.KindOf(err) != errs.Invalid {
			t.Errorf("a list of %+v gives %v", c, err)
		}
	}
}

func oneWinner(t *testing.T, s blob.Store) {
	const racers = 16
	for round := range 4 {
		key := fmt.Sprintf("race/%d", round)
		failures := make([]error, racers)
		var wg sync.WaitGroup
		for i := range racers {
			wg.Go(func() { failures[i] = s.PutNew(t.Context(), key, fmt.Append(nil, i)) })
		}
		wg.Wait()
		winner := slices.Index(failures, nil)
		if winner < 0 {
			t.Fatalf("nobody won round %d: %v", round, failures)
		}
		for i, err := range failures {
			if i != winner {
				wantKind(t, err, errs.Conflict)
			}
		}
		wantBody(t, s, key, fmt.Sprint(winner))
	}
}

func neverHalf(t *testing.T, s blob.Store) {
	bodies := []string{strings.Repeat("a", 300_000), strings.Repeat("b", 200_000), ""}
	mustPut(t, s, "k", bodies[0])
	var writers sync.WaitGroup
	for w := range 2 {
		writers.Go(func() {
			for i := range 10 {
				if err := s.Put(t.Context(), "k", []byte(bodies[(w+i)%len(bodies)])); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	for {
		got, err := s.Get(t.Context(), "k")
		if err != nil || !slices.Contains(bodies, string(got)) {
			t.Errorf("read %d bytes of a blob being written; %v", len(got), err)
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

func ownMemory(t *testing.T, s blob.Store) {
	body := []byte("before")
	if err := s.Put(t.Context(), "k", body); err != nil {
		t.Fatal(err)
	}
	copy(body, "after!")
	got, err := s.Get(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	copy(got, "after!")
	wantBody(t, s, "k", "before")
}

func cancelledCall(t *testing.T, s blob.Store) {
	mustPut(t, s, "there", "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, get := s.Get(ctx, "there")
	_, list := s.List(ctx, "", "", 10)
	for call, err := range map[string]error{
		"get": get, "list": list, "put": s.Put(ctx, "k", nil), "put new": s.PutNew(ctx, "k", nil), "delete": s.Delete(ctx, "there"),
	} {
		if !errors.Is(err, context.Canceled) || errs.KindOf(err) != errs.Unavailable {
			t.Errorf("a cancelled %s gives %v (%s)", call, err, errs.KindOf(err))
		}
	}
	wantList(t, s, "", "", 10, "there")
}
