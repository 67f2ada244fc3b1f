package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
)

// request is one call as a client makes it.
type request struct {
	method, path, query, body string
}

// sort is a sort of request; each call may ask for something else.
type sort struct {
	Name string
	Note string // what exactly is asked
	// limits are milliseconds of CPU by number of entities; none is only shown.
	limits map[int]float64
	// share is what part of the requests is enough, for sorts that take long.
	share  int
	newTok bool // each with a token that was not shown before
	ask    func(r *rand.Rand) request
	check  func(found) error // of one answer, so that nothing else is timed
}

// found is what any of the answers may hold.
type found struct {
	Metadata   struct{ Name string }
	Items      []json.RawMessage
	TotalItems *int
	Facets     map[string][]json.RawMessage
	list       int // members of an answer that is a list
}

func one(f found) error { return unless(f.Metadata.Name != "", "one entity", f) }

// full wants a page of 20 out of more.
func full(f found) error {
	return unless(len(f.Items) == 20 && f.TotalItems != nil && *f.TotalItems > 20, "a full page and its total", f)
}

func some(f found) error {
	return unless(len(f.Items) > 0 && f.TotalItems != nil && *f.TotalItems >= len(f.Items), "some entities and their total", f)
}

func none(f found) error {
	return unless(f.Items != nil && len(f.Items) == 0 && f.TotalItems != nil && *f.TotalItems == 0, "no entities", f)
}

func three(f found) error {
	for _, counts := range f.Facets {
		if len(counts) == 0 {
			return unless(false, "no empty facet", f)
		}
	}
	return unless(len(f.Facets) == 3, "three facets", f)
}

func fifty(f found) error {
	for _, item := range f.Items {
		if len(item) < 100 {
			return unless(false, "whole entities", f)
		}
	}
	return unless(len(f.Items) == 50, "50 entities", f)
}

func many(f found) error { return unless(f.list > 20, "a list", f) }

func unless(ok bool, what string, f found) error {
	if ok {
		return nil
	}
	return fmt.Errorf("%s was expected: %d items, %d facets, list of %d", what, len(f.Items), len(f.Facets), f.list)
}

// textFields are what the stock frontend searches in.
const textFields = "metadata.name,metadata.title,spec.profile.displayName,spec.target,spec.targets"

// sorts gives what is measured.
func sorts(p population) []sort {
	at := func(small, large float64) map[int]float64 { return map[int]float64{10_000: small, 100_000: large} }
	byName := func(r *rand.Rand) request {
		kind, rest, _ := strings.Cut(p.pick(r), ":")
		return get("/entities/by-name/"+kind+"/"+rest, nil)
	}
	list := func(more url.Values) func(*rand.Rand) request {
		return func(*rand.Rand) request {
			v := url.Values{"limit": {"20"}, "orderField": {"metadata.name,asc"}, "filter": {"kind=component"}}
			for name, values := range more {
				v[name] = values
			}
			return get("/entities/by-query", v)
		}
	}
	text := func(term string) func(*rand.Rand) request {
		return list(url.Values{"fullTextFilterTerm": {term}, "fullTextFilterFields": {textFields}})
	}
	facets := func(third string) func(*rand.Rand) request {
		return func(*rand.Rand) request {
			return get("/entity-facets", url.Values{"facet": {"spec.type", "spec.lifecycle", third}, "filter": {"kind=component"}})
		}
	}
	return []sort{
		{Name: "by-name", Note: "a random entity each time", limits: at(0.10, 0.10), ask: byName, check: one},
		{Name: "by-name, new token", Note: "each with a token seen for the first time", newTok: true, ask: byName, check: one},
		{Name: "page of 20", Note: "filter kind=component, order metadata.name, total", limits: at(0.30, 0.40), ask: list(nil), check: full},
		{Name: "page of 20, two filters", Note: "kind=component,spec.type=service", limits: at(0.30, 0.40), ask: list(url.Values{"filter": {"kind=component,spec.type=service"}}), check: full},
		{Name: "page of 20, of a group", Note: "relations.ownedBy of a random group, order metadata.name, total", limits: at(0.30, 0.40), check: some, ask: func(r *rand.Rand) request {
			return list(url.Values{"filter": {"kind=component,relations.ownedBy=" + p.Groups[r.IntN(len(p.Groups))]}})(r)
		}},
		{Name: "3 facets with tags", Note: "spec.type, spec.lifecycle, metadata.tags of kind=component", limits: at(0.25, 0.40), ask: facets("metadata.tags"), check: three},
		{Name: "3 facets with owners", Note: "spec.type, spec.lifecycle, relations.ownedBy of kind=component", limits: at(0.25, 0.40), ask: facets("relations.ownedBy"), check: three},
		{Name: "text, common", Note: p.Common + ", in the frontend's five fields, filter, order, total", limits: at(0.40, 4), ask: text(p.Common), check: full},
		{Name: "text, rare", Note: "the end of a name", limits: at(0.40, 0.40), check: some, ask: func(r *rand.Rand) request { return text(p.rare(r))(r) }},
		{Name: "text, none", Note: "a word that is nowhere", limits: at(0.40, 0.40), ask: text("zyxwvut"), check: none},
		{Name: "by-refs 50", Note: "random entities, whole", limits: at(0.40, 0.40), check: fifty, ask: func(r *rand.Rand) request {
			refs := make([]string, 50)
			for i := range refs {
				refs[i] = p.pick(r)
			}
			return post("/entities/by-refs", map[string]any{"entityRefs": refs})
		}},
		{Name: "all names", Note: "fields=metadata.name of every component", share: 20, check: many, ask: func(*rand.Rand) request {
			return get("/entities", url.Values{"filter": {"kind=component"}, "fields": {"metadata.name"}})
		}},
	}
}

func get(path string, query url.Values) request {
	return request{method: "GET", path: "/api/catalog" + path, query: query.Encode()}
}

func post(path string, body any) request {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // of strings only
	}
	return request{method: "POST", path: "/api/catalog" + path, body: string(text)}
}

// event gives the request as API Gateway hands it over, about 2 KB with its token.
func (r request) event(token string) []byte {
	headers := map[string]string{
		"accept": "application/json", "accept-encoding": "gzip, deflate, br, zstd", "accept-language": "en-GB,en;q=0.9,de;q=0.8",
		"authorization": "Bearer " + token, "content-length": fmt.Sprint(len(r.body)), "host": "q7x2k9.execute-api.eu-central-1.amazonaws.com",
		"origin": "https://portal.example.com", "referer": "https://portal.example.com/catalog", "sec-fetch-mode": "cors",
		"user-agent":      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
		"x-amzn-trace-id": "Root=1-6920a1f3-4b8e0c1d2f3a4b5c6d7e8f90", "x-forwarded-for": "198.51.100.23", "x-forwarded-port": "443", "x-forwarded-proto": "https",
	}
	if r.body != "" {
		headers["content-type"] = "application/json"
	}
	body, err := json.Marshal(map[string]any{
		"version": "2.0", "routeKey": "ANY /api/catalog/{proxy+}", "rawPath": r.path, "rawQueryString": r.query, "headers": headers, "body": r.body,
		"requestContext": map[string]any{
			"accountId": "111122223333", "apiId": "q7x2k9", "domainName": "q7x2k9.execute-api.eu-central-1.amazonaws.com", "domainPrefix": "q7x2k9",
			"http":      map[string]any{"method": r.method, "path": r.path, "protocol": "HTTP/1.1", "sourceIp": "198.51.100.23", "userAgent": headers["user-agent"]},
			"requestId": "JKJaXmPLvHcESHA=", "routeKey": "ANY /api/catalog/{proxy+}", "stage": "$default", "time": "20/Nov/2026:13:31:07 +0000", "timeEpoch": 1795181467000,
		},
		"isBase64Encoded": false,
	})
	if err != nil {
		panic(err) // of strings and numbers only
	}
	return body
}
