package httpapi

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/tasks"
)

var dryRunSchema = bodySchema{kind: "object", required: []string{"template", "values", "directoryContents"}, members: []bodyMember{
	{"template", anyObject}, {"values", anyObject}, {"secrets", textsByName},
	{"directoryContents", bodySchema{kind: "array", items: []bodySchema{{
		kind: "object", required: []string{"path", "base64Content"}, members: []bodyMember{{"path", anyText}, {"base64Content", anyText}},
	}}}},
}}

func (h scaffolderHandler) dryRun(w http.ResponseWriter, r *http.Request) error {
	q, err := readDryRun(r)
	if err != nil {
		return err
	}
	result, err := h.Templates.DryRun(r.Context(), q)
	if err != nil {
		return err
	}
	return writeTaggedJSON(w, r, result)
}

func readDryRun(r *http.Request) (q tasks.DryRequest, err error) {
	raw, err := ReadBody(r)
	if err != nil {
		return q, err
	}
	r.Body = io.NopCloser(bytes.NewReader(raw))
	body, err := readBody(r, dryRunSchema, false)
	if err != nil {
		return q, err
	}
	var written struct { // with the order of its members, which expressions can show
		Template json.RawMessage `json:"template"`
	}
	if err := json.Unmarshal(raw, &written); err != nil {
		return q, errs.Wrap(errs.Invalid, "the body can't be read", err)
	}
	q.Template, q.Values, q.Secrets = written.Template, body.object("values"), body.textMap("secrets")
	files, _ := body["directoryContents"].([]any)
	for i, f := range files {
		file := requestBody(f.(map[string]any))
		content, err := base64.StdEncoding.DecodeString(file.text("base64Content"))
		if err != nil {
			return q, errs.New(errs.Invalid, fmt.Sprintf("request/body/directoryContents/%d/base64Content must be base64", i))
		}
		q.Files = append(q.Files, tasks.DryFile{Path: file.text("path"), Content: content})
	}
	return q, nil
}
