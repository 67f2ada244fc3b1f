package usersettings_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/usersettings"
	"github.com/slipwayhq/slipway/test/inmemory"
)

const jane = "user:default/jane"

func newStore(t testing.TB) *usersettings.Store {
	t.Helper()
	file, err := bolttable.Open(bolttable.Config{Path: filepath.Join(inmemory.Dir(t), "data"), Clock: clock.System{}, IDs: ids.Random{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	tab, err := file.Table("settings")
	if err != nil {
		t.Fatal(err)
	}
	s, err := usersettings.New(usersettings.Deps{Table: tab, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func name(bucket, key string) usersettings.Name { return usersettings.Name{Bucket: bucket, Key: key} }

// TestSettingsAreKeptApart sets values under names that are hard to tell apart, or to store.
func TestSettingsAreKeptApart(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	names := []usersettings.Name{
		name("a", "bc"), name("ab", "c"), name("", "abc"), name("abc", ""), name("", ""), name("1 a", "b"), name("a/b", "c"), name("a", "b/c"),
		name("A", "bc"), name("nul\x00", "\x00"), name("é", "e\u0301"), name("__proto__", "constructor"), name("user", "#count"), name(strings.Repeat("é", 127), strings.Repeat("k", 255)),
	}
	for _, user := range []string{jane, "user:default/jane2", "user:other/jane"} {
		for i, n := range names {
			if err := s.Put(t.Context(), user, n, fmt.Appendf(nil, `"%s %d"`, user, i)); err != nil {
				t.Fatalf("%q: %v", n, err)
			}
		}
	}
	values, err := s.Many(t.Context(), jane, append(names, names[0], name("a", "b")))
	if err != nil {
		t.Fatal(err)
	}
	want := make([]string, 0, len(names)+2)
	for i := range names {
		want = append(want, fmt.Sprintf(`"%s %d"`, jane, i))
	}
	want = append(want, want[0], "")
	got := make([]string, 0, len(values))
	for _, v := range values {
		got = append(got, string(v))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestValuesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, value := range []string{`null`, `0`, `""`, `[]`, `{"a":[1.0,1e400,-0]}`, `"<&>\u2028é"`, `"` + strings.Repeat("<", usersettings.MaxValue-2) + `"`} {
		if err := s.Put(t.Context(), jane, name("b", "k"), json.RawMessage(value)); err != nil {
			t.Fatalf("%.20s: %v", value, err)
		}
		if got, err := s.Get(t.Context(), jane, name("b", "k")); err != nil || string(got) != value {
			t.Errorf("%.40s came back as %.40s, %v", value, got, err)
		}
	}
	if err := s.Delete(t.Context(), jane, name("b", "k")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), jane, name("b", "k")); !errors.Is(err, errs.NotFound) || errs.Message(err) != "Unable to find 'k' in bucket 'b'" {
		t.Error(err)
	}
	if err := s.Delete(t.Context(), jane, name("b", "k")); err != nil {
		t.Error(err)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	long := strings.Repeat("k", usersettings.MaxName+1)
	for what, err := range map[string]error{
		"a long key":    s.Put(t.Context(), jane, name("b", long), json.RawMessage(`1`)),
		"a long bucket": s.Put(t.Context(), jane, name(long, "k"), json.RawMessage(`1`)),
		"not UTF-8":     s.Put(t.Context(), jane, name("b", "\xff"), json.RawMessage(`1`)),
		"not JSON":      s.Put(t.Context(), jane, name("b", "k"), json.RawMessage(`{`)),
	} {
		if !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := s.Put(t.Context(), jane, name("b", "k"), json.RawMessage(`"`+strings.Repeat("v", usersettings.MaxValue)+`"`)); !errors.Is(err, errs.TooLarge) {
		t.Error(err)
	}
	if _, err := s.Get(t.Context(), jane, name("b", long)); !errors.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if err := s.Delete(t.Context(), jane, name("b", "\xff")); err != nil {
		t.Error(err)
	}
	if values, err := s.Many(t.Context(), jane, []usersettings.Name{name("b", long)}); err != nil || values[0] != nil {
		t.Error(values, err)
	}
	if _, err := s.Many(t.Context(), jane, make([]usersettings.Name, usersettings.MaxAsked+1)); !errors.Is(err, errs.TooLarge) {
		t.Error(err)
	}
}

func TestAskingForALotEndsEarly(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	if err := s.Put(t.Context(), jane, name("b", "k"), json.RawMessage(`"`+strings.Repeat("v", usersettings.MaxValue-2)+`"`)); err != nil {
		t.Fatal(err)
	}
	asked := make([]usersettings.Name, usersettings.MaxAsked)
	for i := range asked {
		asked[i] = name("b", "k")
	}
	if _, err := s.Many(t.Context(), jane, asked); !errors.Is(err, errs.TooLarge) {
		t.Error(err)
	}
	if values, err := s.Many(t.Context(), jane, asked[:30]); err != nil || len(values[29]) != usersettings.MaxValue {
		t.Error(err)
	}
}

// TestTheCountIsExact fills up a user's settings with writers that race for the last places.
func TestTheCountIsExact(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	const spare = 6
	for i := range usersettings.MaxCount - spare {
		if err := s.Put(t.Context(), jane, name("b", fmt.Sprint(i)), json.RawMessage(`1`)); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	results := make([]error, 2*spare)
	for i := range results {
		wg.Go(func() { results[i] = s.Put(t.Context(), jane, name("racing", fmt.Sprint(i)), json.RawMessage(`1`)) })
	}
	wg.Wait()
	full := 0
	for i, err := range results {
		switch _, got := s.Get(t.Context(), jane, name("racing", fmt.Sprint(i))); {
		case errors.Is(err, errs.TooLarge) && errors.Is(got, errs.NotFound):
			full++
		case err != nil || got != nil:
			t.Errorf("%d: %v, then %v", i, err, got)
		}
	}
	if full != spare {
		t.Errorf("%d were refused", full)
	}
	if err := s.Put(t.Context(), jane, name("b", "0"), json.RawMessage(`2`)); err != nil {
		t.Errorf("changing one when there are no more to be had: %v", err)
	}
	if err := s.Put(t.Context(), "user:default/joe", name("b", "0"), json.RawMessage(`2`)); err != nil {
		t.Errorf("another user: %v", err)
	}
	if err := s.Delete(t.Context(), jane, name("b", "0")); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), jane, name("b", "new"), json.RawMessage(`2`)); err != nil {
		t.Errorf("in the place of a deleted one: %v", err)
	}
}

// TestOneSettingOfManyWriters ends with one of the values, counted once.
func TestOneSettingOfManyWriters(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 6 {
				if err := s.Put(t.Context(), jane, name("b", "k"), fmt.Appendf(nil, `%d`, i)); err != nil {
					t.Error(err)
				}
				if err := s.Delete(t.Context(), jane, name("b", "k")); n < 5 && err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for i := range usersettings.MaxCount - 1 { // a miscount would leave no place for these, or for one more
		if err := s.Put(t.Context(), jane, name("c", fmt.Sprint(i)), json.RawMessage(`1`)); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := s.Put(t.Context(), jane, name("b", "k"), json.RawMessage(`1`)); err != nil {
		t.Error(err)
	}
	if err := s.Put(t.Context(), jane, name("b", "one more"), json.RawMessage(`1`)); !errors.Is(err, errs.TooLarge) {
		t.Error(err)
	}
}

func TestLikeAMap(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		user, model := fmt.Sprintf("user:default/u%d", run), map[usersettings.Name]string{}
		some := rapid.Custom(func(r *rapid.T) usersettings.Name {
			return name(rapid.SampledFrom([]string{"a", "ab", ""}).Draw(r, "bucket"), rapid.SampledFrom([]string{"b", "", "k/1"}).Draw(r, "key"))
		})
		r.Repeat(map[string]func(*rapid.T){
			"put": func(r *rapid.T) {
				n, v := some.Draw(r, "name"), rapid.SampledFrom([]string{`1`, `null`, `{"x":[]}`}).Draw(r, "value")
				if err := store.Put(t.Context(), user, n, json.RawMessage(v)); err != nil {
					r.Fatal(err)
				}
				model[n] = v
			},
			"delete": func(r *rapid.T) {
				n := some.Draw(r, "name")
				if err := store.Delete(t.Context(), user, n); err != nil {
					r.Fatal(err)
				}
				delete(model, n)
			},
			"": func(r *rapid.T) {
				n := some.Draw(r, "name")
				got, err := store.Many(t.Context(), user, []usersettings.Name{n, n})
				if err != nil || string(got[0]) != model[n] || string(got[1]) != model[n] {
					r.Fatalf("%q: %s, want %s, %v", n, got, model[n], err)
				}
			},
		})
	})
}
