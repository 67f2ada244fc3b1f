package scaffolderapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/httpapi/httpapitest"
)

// Three streams of one task get its events while it runs, and all end with the completion.
func TestEventsArePushedToAllWhoFollow(t *testing.T) {
	t.Parallel()
	s := triedScaffolder(t)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	id := s.Create(t, "wait-template", map[string]any{})
	path := server.URL + "/api/scaffolder/v2/tasks/" + id + "/eventstream"
	var all []*httpapitest.Stream
	for range 3 {
		all = append(all, httpapitest.OpenStream(t, path, ""))
	}
	for _, one := range all {
		if media := one.Answer.Header.Get("Content-Type"); media != "text/event-stream" || one.Answer.StatusCode != http.StatusOK {
			t.Fatal(media, one.Answer.StatusCode)
		}
		if first, kind, ok := one.Next(t); first != 1 || kind != "log" || !ok { // the task is waiting, or not even so far
			t.Fatal(first, kind, ok)
		}
	}
	s.Begun(t, id)
	if code := s.Ask(t, http.MethodPost, "/v2/tasks/"+id+"/cancel", nil, nil); code != http.StatusOK {
		t.Fatal(code)
	}
	last := 0
	for _, one := range all {
		kinds := map[string]int{}
		for n := 2; ; n++ {
			number, kind, ok := one.Next(t)
			if !ok {
				break
			}
			if kinds[kind]++; number != n {
				t.Fatalf("event %d instead of %d", number, n)
			}
			last = n
		}
		if kinds["cancelled"] != 1 || kinds["completion"] != 1 {
			t.Errorf("%v", kinds)
		}
	}
	for _, again := range []*httpapitest.Stream{httpapitest.OpenStream(t, path, strconv.Itoa(last-1)), httpapitest.OpenStream(t, fmt.Sprintf("%s?after=%d", path, last-1), "")} {
		if number, kind, _ := again.Next(t); number != last || kind != "completion" {
			t.Errorf("resumed with %d, %s", number, kind)
		}
		if _, _, ok := again.Next(t); ok {
			t.Error("something comes after the completion")
		}
	}
	if gone := httpapitest.OpenStream(t, strings.Replace(path, id, "nope", 1), ""); gone.Answer.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown task: %d", gone.Answer.StatusCode)
	}
	if odd := httpapitest.OpenStream(t, path+"?after=x", ""); odd.Answer.StatusCode != http.StatusBadRequest {
		t.Errorf("an odd place: %d", odd.Answer.StatusCode)
	}
}
