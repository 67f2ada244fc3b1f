package scaffolderapi

import (
	"net/http"

	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

var suggestSchema = request.Object(request.Has("context", request.TextsByName()), request.Has("token", request.Text())).Requiring("context", "token")

// suggest answers what a field of a form offers. The token that a frontend sends along is
// not used: what the portal sees is what it can create in.
func (h scaffolderHandler) suggest(w http.ResponseWriter, r *http.Request) error {
	body, err := request.Read(r, suggestSchema, false)
	if err != nil {
		return err
	}
	if body.Text("token") == "" {
		return errs.New(errs.Invalid, "Missing token query parameter")
	}
	provider := r.PathValue("provider")
	s := h.Suggesters[provider]
	if s == nil {
		return errs.New(errs.Invalid, "Unsupported provider: "+errs.Clip(provider))
	}
	list, err := s.Suggest(r.Context(), r.PathValue("resource"), body.TextMap("context"))
	if err != nil {
		return err
	}
	return httpapi.WriteTaggedJSON(w, r, map[string]any{"results": list})
}
