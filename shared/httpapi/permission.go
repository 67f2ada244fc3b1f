package httpapi

import (
	"fmt"
	"net/http"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/auth/permission"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// maxDecisions bounds what one request may ask: each of the refs of each item.
const maxDecisions = 5000

// HandlePermission registers Backstage's route that decides for frontends
// (@backstage/plugin-permission-backend 0.7).
func HandlePermission(rt *Router, policy permission.Policy) {
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
		return WriteJSON(w, http.StatusOK, map[string]any{"items": answers})
	})
	rt.Handle("GET /api/permission/health", func(w http.ResponseWriter, _ *http.Request) error {
		return WriteJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	}, Public())
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

var questionsSchema = bodySchema{kind: "object", required: []string{"items"}, members: []bodyMember{{"items", bodySchema{kind: "array", items: []bodySchema{{
	kind: "object", required: []string{"id", "permission"}, members: []bodyMember{
		{"id", anyText},
		{"permission", bodySchema{kind: "object", required: []string{"type", "name", "attributes"}, members: []bodyMember{
			{"type", bodySchema{kind: "string", allowed: []string{"basic", "resource"}}},
			{"name", anyText},
			{"attributes", bodySchema{kind: "object", members: []bodyMember{
				{"action", bodySchema{kind: "string", allowed: []string{"create", "read", "update", "delete"}}},
			}}},
		}}},
	},
}}}}}}

func readQuestions(r *http.Request) ([]question, error) {
	body, err := readBody(r, questionsSchema, false)
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
func readQuestion(at string, item requestBody) (question, error) {
	p := requestBody(item.object("permission"))
	q := question{id: item.text("id"), request: permission.Request{Name: p.text("name"), Action: requestBody(p.object("attributes")).text("action")}}
	if p.text("type") == "basic" {
		if item.has("resourceRef") {
			return q, errs.New(errs.Invalid, at+" must NOT have a resourceRef with a basic permission")
		}
		return q, nil
	}
	if f := (bodySchema{kind: "object", required: []string{"resourceType"}, members: []bodyMember{{"resourceType", anyText}}}).check(at+"/permission", map[string]any(p)); f != nil {
		return q, errs.New(errs.Invalid, f.at+" "+f.message)
	}
	q.request.ResourceType = p.text("resourceType")
	return q, q.readRefs(at+"/resourceRef", item)
}

func (q *question) readRefs(at string, item requestBody) error {
	if _, alone := item["resourceRef"].(string); alone {
		q.refs = []string{item.text("resourceRef")}
		return nil
	}
	if !item.has("resourceRef") {
		return errs.New(errs.Invalid, "Resource permissions require a resourceRef to be set. Direct user requests without a resourceRef are not allowed.")
	}
	if f := anyTexts.check(at, item["resourceRef"]); f != nil {
		return errs.New(errs.Invalid, f.at+" must be a string or an array of strings")
	}
	var err error
	if q.refs, err = item.texts("resourceRef"); err == nil && len(q.refs) == 0 {
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
