package scaffolderapi

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
)

// written are the parts of a body that keep the order of their members: expressions in
// templates can show it.
type written struct {
	Template json.RawMessage `json:"template"`
	Values   keyorder.Object `json:"values"`
}

// readWritten reads a body that fits a schema.
func readWritten(r *http.Request, s request.Schema) (request.Body, written, error) {
	raw, err := httpapi.ReadBody(r)
	if err != nil {
		return nil, written{}, err
	}
	r.Body = io.NopCloser(bytes.NewReader(raw))
	body, err := request.Read(r, s, false)
	if err != nil {
		return nil, written{}, err
	}
	var w written
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, written{}, errs.Wrap(errs.Invalid, "the body can't be read", err)
	}
	return body, w, nil
}
