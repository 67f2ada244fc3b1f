package scaffolderapi

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/tasks"
)

var dryRunSchema = request.Object(
	request.Has("template", request.Object()),
	request.Has("values", request.Object()),
	request.Has("secrets", request.TextsByName()),
	request.Has("directoryContents", request.List(request.Object(request.Has("path", request.Text()), request.Has("base64Content", request.Text())).Requiring("path", "base64Content"))),
).Requiring("template", "values", "directoryContents")

func (h scaffolderHandler) dryRun(w http.ResponseWriter, r *http.Request) error {
	q, err := readDryRun(r)
	if err != nil {
		return err
	}
	result, err := h.Templates.DryRun(r.Context(), q)
	if err != nil {
		return err
	}
	return httpapi.WriteTaggedJSON(w, r, result)
}

func readDryRun(r *http.Request) (q tasks.DryRequest, err error) {
	raw, err := httpapi.ReadBody(r)
	if err != nil {
		return q, err
	}
	r.Body = io.NopCloser(bytes.NewReader(raw))
	body, err := request.Read(r, dryRunSchema, false)
	if err != nil {
		return q, err
	}
	var written struct { // with the order of its members, which expressions can show
		Template json.RawMessage `json:"template"`
	}
	if err := json.Unmarshal(raw, &written); err != nil {
		return q, errs.Wrap(errs.Invalid, "the body can't be read", err)
	}
	q.Template, q.Values, q.Secrets = written.Template, body.Object("values"), body.TextMap("secrets")
	files, _ := body["directoryContents"].([]any)
	for i, f := range files {
		file := request.Body(f.(map[string]any))
		content, err := base64.StdEncoding.DecodeString(file.Text("base64Content"))
		if err != nil {
			return q, errs.New(errs.Invalid, fmt.Sprintf("request/body/directoryContents/%d/base64Content must be base64", i))
		}
		q.Files = append(q.Files, tasks.DryFile{Path: file.Text("path"), Content: content})
	}
	return q, nil
}
