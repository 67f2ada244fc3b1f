package catalogapi

import (
	"context"
	"net/http"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
)

// Analyzer looks at a repository that is to be imported.
type Analyzer interface {
	Analyze(ctx context.Context, target, filename string) (catalog.Analysis, error)
}

// HandleAnalysis registers Backstage's route for importing a repository below
// /api/catalog.
func HandleAnalysis(rt *httpapi.Router, c Analyzer) {
	h := analysisHandler{c}
	rt.Handle("POST /api/catalog/analyze-location", h.analyze)
}

type analysisHandler struct{ c Analyzer }

// The name of the file is spelled in two ways: by the OpenAPI document and by what reads
// the body behind it, which is what frontends send.
var analyzeBody = request.Object(request.Has("catalogFileName", request.Text()), request.Has("catalogFilename", request.Text()), request.Has("location", locationInput)).Requiring("location")

// analysis is the answer to POST /analyze-location.
type analysis struct {
	Existing []existingFile    `json:"existingEntityFiles"`
	Generate []generatedEntity `json:"generateEntities"`
}

type existingFile struct {
	Location     locationTarget `json:"location"`
	IsRegistered bool           `json:"isRegistered"`
	Entity       entity.Entity  `json:"entity"`
}

type locationTarget struct {
	Type   string `json:"type"`
	Target string `json:"target"`
}

type generatedEntity struct {
	Entity entity.Entity            `json:"entity"`
	Fields []catalog.GeneratedField `json:"fields"`
}

func (h analysisHandler) analyze(w http.ResponseWriter, r *http.Request) error {
	if _, err := request.ReadParams(r); err != nil {
		return err
	}
	body, err := request.Read(r, analyzeBody, false)
	if err != nil {
		return err
	}
	filename := body.Text("catalogFilename")
	if filename == "" {
		filename = body.Text("catalogFileName")
	}
	found, err := h.c.Analyze(r.Context(), request.Body(body.Object("location")).Text("target"), filename)
	if err != nil {
		return asInput(err)
	}
	return httpapi.WriteTagged(w, r, appendJSON(nil, showAnalysis(found)))
}

func showAnalysis(a catalog.Analysis) analysis {
	out := analysis{Existing: []existingFile{}, Generate: []generatedEntity{}}
	for _, e := range a.Existing {
		out.Existing = append(out.Existing, existingFile{Location: locationTarget{Type: "url", Target: e.Target}, IsRegistered: e.IsRegistered, Entity: e.Entity})
	}
	for _, g := range a.Generate {
		out.Generate = append(out.Generate, generatedEntity{Entity: g.Entity, Fields: append([]catalog.GeneratedField{}, g.Fields...)})
	}
	return out
}
