package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slipwayhq/slipway/shared/httpapi/operationsapi"
	"github.com/slipwayhq/slipway/shared/operations"
)

// maxAnswer is the largest answer that is read, in bytes.
const maxAnswer = 8 << 20

// portal is a client of a running portal's API.
type portal struct {
	base  string
	token string // bearer token, "" for none
	http  *http.Client
}

func newPortal(base, token string) (*portal, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("%q is not the URL of a portal", base)
	}
	return &portal{base: strings.TrimSuffix(base, "/"), token: token, http: &http.Client{Timeout: 60 * time.Second}}, nil
}

// problemDocument is an RFC 9457 answer, or what the envelope of Backstage's routes says.
type problemDocument struct {
	Status int    `json:"-"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Errors []struct {
		Pointer string `json:"pointer"`
		Detail  string `json:"detail"`
	} `json:"errors"`
}

func (p problemDocument) Error() string {
	text := p.Detail
	if text == "" {
		text = p.Title
	}
	for _, f := range p.Errors {
		text += "\n  " + strings.TrimPrefix(f.Pointer, "#/input/") + " " + f.Detail
	}
	return text
}

// call makes one request and reads its JSON answer.
func (p *portal) call(ctx context.Context, method, path string, body, into any, headers map[string]string) error {
	var payload io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("writing the request: %w", err)
		}
		payload = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, p.base+path, payload) //nolint:gosec // the portal is the one that was named, the path this program's own
	if err != nil {
		return fmt.Errorf("making the request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	return p.answer(req, into)
}

func (p *portal) answer(req *http.Request, into any) error {
	res, err := p.http.Do(req) //nolint:gosec // as above
	if err != nil {
		return fmt.Errorf("no portal answers at %s (is \"slipway serve\" running?): %w", p.base, err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if res.StatusCode >= 400 {
		problem := problemDocument{Status: res.StatusCode}
		var envelope struct {
			Error struct{ Message string } `json:"error"`
		}
		if json.Unmarshal(raw, &envelope) == nil && envelope.Error.Message != "" {
			problem.Detail = envelope.Error.Message
			return problem
		}
		if json.Unmarshal(raw, &problem) == nil && (problem.Title != "" || problem.Detail != "") {
			return problem
		}
		return fmt.Errorf("the portal answered %s", res.Status)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return nil
}

// Get gives an operation.
func (p *portal) Get(ctx context.Context, id string) (*operations.Operation, error) {
	var o operations.Operation
	return &o, p.call(ctx, http.MethodGet, "/api/operations/"+url.PathEscape(id), nil, &o, nil)
}

// application is what is asked for.
type application struct {
	kind     string // type of the operation
	template string
	values   map[string]any
	secrets  map[string]string
	key      string // idempotency key; "" for none
	approved string // hash of the only plan that may be applied; "" for any
}

func (a application) body() map[string]any {
	body := map[string]any{"type": a.kind, "input": map[string]any{"template": a.template, "values": a.values}}
	if len(a.secrets) > 0 {
		body["secrets"] = a.secrets
	}
	if a.approved != "" {
		body["planHash"] = a.approved
	}
	return body
}

// ask asks for an operation.
func (p *portal) ask(ctx context.Context, a application) (*operations.Operation, error) {
	headers := map[string]string{}
	if a.key != "" {
		headers["Idempotency-Key"] = a.key
	}
	var o operations.Operation
	return &o, p.call(ctx, http.MethodPost, "/api/operations", a.body(), &o, headers)
}

// plan gives what would be done for an application.
func (p *portal) plan(ctx context.Context, a application) (operationsapi.Plan, error) {
	var plan operationsapi.Plan
	err := p.call(ctx, http.MethodPost, "/api/operations?dryRun=true", a.body(), &plan, nil)
	return plan, err
}

// change asks for something to be done with an operation: "cancel" or "retry", which takes
// secrets.
func (p *portal) change(ctx context.Context, id, what string, secrets map[string]string) (*operations.Operation, error) {
	body := map[string]any{}
	if len(secrets) > 0 {
		body["secrets"] = secrets
	}
	var o operations.Operation
	return &o, p.call(ctx, http.MethodPost, "/api/operations/"+url.PathEscape(id)+"/"+what, body, &o, nil)
}

// list gives the newest operations.
func (p *portal) list(ctx context.Context, limit int) ([]*operations.Operation, error) {
	var page struct {
		Items []*operations.Operation `json:"items"`
	}
	return page.Items, p.call(ctx, http.MethodGet, fmt.Sprintf("/api/operations?limit=%d", limit), nil, &page, nil)
}
