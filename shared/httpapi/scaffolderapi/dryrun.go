package scaffolderapi

import (
	"encoding/base64"
	"fmt"
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
	body, written, err := readWritten(r, dryRunSchema)
	if err != nil {
		return q, err
	}
	q.Template, q.Values, q.Secrets = written.Template, written.Values, body.TextMap("secrets")
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
