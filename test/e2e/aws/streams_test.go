package aws

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// edge gives a user who reaches everything through the distribution, its one domain.
func (s *stack) edge(token string) *portal {
	return &portal{base: *s.account.BaseEndpoint, token: token, host: s.outputs["DistributionDomainName"]}
}

// streamed reads a whole stream: what events there are, by their order.
func streamed(t *testing.T, p *portal, path string, headers ...string) (all []event) {
	t.Helper()
	got := p.must(t, http.StatusOK, http.MethodGet, path, nil, append(headers, "Accept", "text/event-stream")...)
	if media := got.Header.Get("Content-Type"); !strings.HasPrefix(media, "text/event-stream") {
		t.Fatalf("%s is %s", path, media)
	}
	for frame := range bytes.SplitSeq(got.Body, []byte("\n\n")) {
		for line := range bytes.Lines(frame) {
			data, ok := bytes.CutPrefix(line, []byte("data: "))
			if !ok {
				continue
			}
			var e event
			if err := json.Unmarshal(data, &e); err != nil {
				t.Fatalf("%v in %s", err, data)
			}
			all = append(all, e)
		}
	}
	return all
}

// oneDomain asks the distribution for what lies behind each of its paths, and tries the
// ways around it. The emulator hands a stream over when it has ended; that it leaves as it
// is written is shown in lambdahttp.
func oneDomain(t *testing.T, s *stack) {
	stream := "/api/scaffolder/v2/tasks/" + s.task + "/eventstream"
	people, strangers := s.edge(s.portal.token), s.edge("")
	people.must(t, http.StatusOK, http.MethodGet, "/api/catalog/entities/by-query?limit=1", nil)
	strangers.must(t, http.StatusUnauthorized, http.MethodGet, "/api/catalog/entities/by-query?limit=1", nil)

	all := streamed(t, people, stream)
	if len(all) < 5 || all[len(all)-1].Type != "completion" {
		t.Fatalf("the stream ends with %+v", all[max(0, len(all)-1):])
	}
	after := all[2].ID
	if rest := streamed(t, people, stream, "Last-Event-ID", text(after)); len(rest) != len(all)-3 || rest[0].ID != all[3].ID {
		t.Errorf("behind event %d there are %d of %d", after, len(rest), len(all))
	}
	if rest := streamed(t, people, stream+"?after="+text(after)); len(rest) != len(all)-3 {
		t.Errorf("behind %d there are %d of %d", after, len(rest), len(all))
	}
	lines := people.must(t, http.StatusOK, http.MethodGet, "/api/operations/"+s.task+"/log/stream", nil)
	if !bytes.Contains(lines.Body, []byte("event: completion")) {
		t.Errorf("the log as a stream: %.500s", lines.Body)
	}
	strangers.must(t, http.StatusUnauthorized, http.MethodGet, stream, nil)
	strangers.must(t, http.StatusUnauthorized, http.MethodGet, stream, nil, "X-Slipway-Authorization", "Bearer "+s.portal.token)
	people.must(t, http.StatusNotFound, http.MethodGet, "/api/scaffolder/v2/tasks/none/eventstream", nil)
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		people.must(t, http.StatusForbidden, method, stream, nil)
	}

	around := &portal{base: *s.account.BaseEndpoint + "/_aws/lambda-url/" + urlID(s), token: s.portal.token}
	around.must(t, http.StatusForbidden, http.MethodGet, stream, nil)
	s.portal.must(t, http.StatusNotFound, http.MethodGet, stream, nil) // the HTTP API does not stream
}

// urlID gives the id in the function URL.
func urlID(s *stack) string {
	host := strings.TrimPrefix(s.outputs["StreamUrl"], "https://")
	id, _, _ := strings.Cut(host, ".")
	return id
}

// preflight asks what a browser asks before it opens a stream from another origin.
func preflight(t *testing.T, s *stack) {
	ask := []string{"Origin", "http://localhost:3000", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization,last-event-id"}
	got := s.edge("").must(t, http.StatusOK, http.MethodOptions, "/api/scaffolder/v2/tasks/"+s.task+"/eventstream", nil, ask...)
	allowed := strings.Split(got.Header.Get("Access-Control-Allow-Headers"), ",")
	if got.Header.Get("Access-Control-Allow-Origin") != "http://localhost:3000" || !slices.Contains(allowed, "authorization") || !slices.Contains(allowed, "last-event-id") {
		t.Errorf("a browser is told %v", got.Header)
	}
}
