package lambdahttp

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// defaultStage is served at the root: its name is not part of the path.
const defaultStage = "$default"

func newRequest(ctx context.Context, e *event) (*http.Request, error) {
	u, err := target(e)
	if err != nil {
		return nil, err
	}
	r := &http.Request{
		Method: e.method, URL: u, RequestURI: u.RequestURI(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: headers(e), RemoteAddr: net.JoinHostPort(e.sourceAddr, "0"),
	}
	if r.Host = r.Header.Get("Host"); r.Host == "" {
		r.Host = e.domainName
	}
	r.Header.Del("Host") // net/http keeps it in Host only
	if err := setBody(r, e); err != nil {
		return nil, err
	}
	return r.WithContext(ctx), nil
}

// target takes path and query as they came: an escaped slash stays part of its segment.
func target(e *event) (*url.URL, error) {
	path := e.rawPath
	if e.stage != "" && e.stage != defaultStage {
		if rest, ok := strings.CutPrefix(path, "/"+e.stage); ok && (rest == "" || rest[0] == '/') {
			path = rest
		}
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if e.rawQuery != "" {
		path += "?" + e.rawQuery
	}
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return nil, fmt.Errorf("parsing the request's target: %w", err)
	}
	return u, nil
}

// headers takes each header as one value. API Gateway has joined repeated ones by commas,
// which can't be undone: dates hold commas too.
func headers(e *event) http.Header {
	h := make(http.Header, len(e.headers)+1)
	values := make([]string, len(e.headers))
	for i, f := range e.headers {
		values[i] = f.value
		h[http.CanonicalHeaderKey(f.name)] = values[i : i+1 : i+1]
	}
	if len(e.cookies) > 0 {
		h["Cookie"] = []string{strings.Join(e.cookies, "; ")}
	}
	return h
}

func setBody(r *http.Request, e *event) error {
	if e.body == "" {
		r.Body = http.NoBody
		return nil
	}
	body := e.body
	if e.base64 {
		decoded, err := base64.StdEncoding.DecodeString(e.body)
		if err != nil {
			return fmt.Errorf("decoding the body: %w", err)
		}
		body = string(decoded)
	}
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	return nil
}
