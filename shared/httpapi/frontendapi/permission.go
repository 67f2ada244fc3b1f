package frontendapi

import (
	"fmt"
	"net/http"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/auth/permission"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// maxDecisions bounds what one request may ask: each of the refs of each item.
const maxDecisions = 5000

// HandlePermission registers Backstage's route that decides for frontends
// (@backstage/plugin-permission-backend 0.7).
func HandlePermission(rt *httpapi.Router, policy permission.Policy) {
	rt.Handle("POST /api/permission/authorize", func(w http.ResponseWriter, r *http.Request) error {
		who, err := person(r.Context())
		if err != nil {
			return err
		}
		asked, err := readQuestions(r)
		if err != nil {
			return err
		}
		answers := make([]answer, 0, len(asked))
		for _, q := range asked {
			result, err := q.decide(r, policy, who)
			if err != nil {
				return err
			}
			answers = append(answers, answer{q.id, result})
		}
		w.Header().Set("Cache-Control", "no-store")
		return httpapi.WriteJSON(w, http.StatusOK, map[string]any{"items": answers})
	})
	rt.Handle("GET /api/permission/health", func(w http.ResponseWriter, _ *http.Request) error {
		return httpapi.WriteJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	}, httpapi.Public())
}

// answer is the decision on the question of the same id: one word, or one for each ref.
type answer struct {
	ID     string `json:"id"`
	Result any    `json:"result"`
}

// question is one item of a request.
type question struct {
	id      string
	request permission.Request
	refs    []string // empty for a basic permission
}

var (
	questionsSchema = request.Object(request.Has("items", request.List(questionSchema))).Requiring("items")
	questionSchema  = request.Object(
		request.Has("id", request.Text()),
		request.Has("permission", request.Object(
			request.Has("type", request.OneOf("basic", "resource")),
			request.Has("name", request.Text()),
			request.Has("attributes", request.Object(request.Has("action", request.OneOf("create", "read", "update", "delete")))),
		).Requiring("type", "name", "attributes")),
	).Requiring("id", "permission")
	ofResource = request.Object(request.Has("resourceType", request.Text())).Requiring("resourceType")
)

func readQuestions(r *http.Request) ([]question, error) {
	body, err := request.Read(r, questionsSchema, false)
	if err != nil {
		return nil, err
	}
	items, _ := body["items"].([]any)
	out, decisions := make([]question, 0, min(len(items), maxDecisions)), 0
	for n, item := range items {
		q, err := readQuestion(fmt.Sprintf("request/body/items/%d", n), item.(map[string]any))
		if err != nil {
			return nil, err
		}
		if decisions += max(1, len(q.refs)); decisions > maxDecisions {
			return nil, errs.New(errs.Invalid, fmt.Sprintf("request/body/items must NOT ask for more than %d decisions", maxDecisions))
		}
		out = append(out, q)
	}
	return out, nil
}

// readQuestion reads an item that fits the schema, which leaves to it what depends on the
// permission's type.
func readQuestion(at string, item request.Body) (question, error) {
	p := request.Body(item.Object("permission"))
	q := question{id: item.Text("id"), request: permission.Request{Name: p.Text("name"), Action: request.Body(p.Object("attributes")).Text("action")}}
	if p.Text("type") == "basic" {
		if item.Has("resourceRef") {
			return q, errs.New(errs.Invalid, at+" must NOT have a resourceRef with a basic permission")
		}
		return q, nil
	}
	if f := ofResource.Check(at+"/permission", map[string]any(p)); f != nil {
		return q, errs.New(errs.Invalid, f.At+" "+f.Message)
	}
	q.request.ResourceType = p.Text("resourceType")
	return q, q.readRefs(at+"/resourceRef", item)
}

func (q *question) readRefs(at string, item request.Body) error {
	if _, alone := item["resourceRef"].(string); alone {
		q.refs = []string{item.Text("resourceRef")}
		return nil
	}
	if !item.Has("resourceRef") {
		return errs.New(errs.Invalid, "Resource permissions require a resourceRef to be set. Direct user requests without a resourceRef are not allowed.")
	}
	if f := request.Texts().Check(at, item["resourceRef"]); f != nil {
		return errs.New(errs.Invalid, f.At+" must be a string or an array of strings")
	}
	var err error
	if q.refs, err = item.Texts("resourceRef"); err == nil && len(q.refs) == 0 {
		err = errs.New(errs.Invalid, at+" must NOT have fewer than 1 items")
	}
	return err
}

// decide gives one word where the decision is the same for all refs, as Backstage does
// where it does not depend on them; else one for each ref, in their order.
func (q question) decide(r *http.Request, policy permission.Policy, who auth.Principal) (any, error) {
	refs := q.refs
	if len(refs) == 0 {
		refs = []string{""}
	}
	words, same := make([]string, 0, len(refs)), true
	for _, ref := range refs {
		q.request.Resource = ref
		d, err := policy.Decide(r.Context(), who, q.request)
		if err != nil {
			return nil, fmt.Errorf("deciding on a permission: %w", err)
		}
		words = append(words, word(d))
		same = same && words[0] == word(d)
	}
	if same {
		return words[0], nil
	}
	return words, nil
}

func word(d permission.Decision) string {
	if d == permission.Allow {
		return "ALLOW"
	}
	return "DENY"
}
