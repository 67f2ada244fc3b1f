package httpapi

import (
	"net/http"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

var suggestSchema = bodySchema{kind: "object", required: []string{"context", "token"}, members: []bodyMember{
	{"context", textsByName}, {"token", anyText},
}}

// suggest answers what a field of a form offers. The token that a frontend sends along is
// not used: what the portal sees is what it can create in.
func (h scaffolderHandler) suggest(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(r, suggestSchema, false)
	if err != nil {
		return err
	}
	if body.text("token") == "" {
		return errs.New(errs.Invalid, "Missing token query parameter")
	}
	provider := r.PathValue("provider")
	s := h.Suggesters[provider]
	if s == nil {
		return errs.New(errs.Invalid, "Unsupported provider: "+errs.Clip(provider))
	}
	list, err := s.Suggest(r.Context(), r.PathValue("resource"), body.textMap("context"))
	if err != nil {
		return err
	}
	return writeTaggedJSON(w, r, map[string]any{"results": list})
}
