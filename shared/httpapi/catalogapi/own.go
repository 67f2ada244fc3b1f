package catalogapi

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/projection"
	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Problems tells what is wrong with the files that entities are read from.
type Problems interface {
	Problems(ctx context.Context, q catalog.ProblemQuery) (catalog.ProblemPage, error)
}

// History gives the changes of one entity, newest first; changelog.Log does.
type History interface {
	History(ctx context.Context, ref string, before int64, limit int) ([]changelog.Change, error)
}

// Own is what Slipway's own routes about the catalog answer from.
type Own struct {
	View     View
	History  History
	Problems Problems
}

// HandleOwn registers the routes below /api/catalog that Backstage does not have.
// Their errors come in its envelope all the same: one mount, one form.
func HandleOwn(rt *httpapi.Router, c Own) {
	h := ownCatalogHandler{c}
	rt.Handle("GET /api/catalog/problems", h.problems)
	rt.Handle("GET /api/catalog/entities/by-name/{kind}/{namespace}/{name}/history", h.history)
	rt.Handle("GET /api/catalog/graph", h.graph)
}

type ownCatalogHandler struct{ c Own }

// ownPage reads cursor and limit of a list of Slipway's own.
func ownPage(p request.Params) (after string, limit int, err error) {
	next, err := p.One("cursor")
	if err != nil {
		return "", 0, err
	}
	raw, err := base64.RawURLEncoding.DecodeString(next)
	if err != nil {
		return "", 0, errs.New(errs.Invalid, "Malformed cursor: it is none that this server has given")
	}
	limit, err = p.Number("limit", request.DefaultPage)
	if err == nil && (limit < 1 || limit > request.MaxPage) {
		err = errs.New(errs.Invalid, fmt.Sprintf("request/query/limit must be 1 to %d", request.MaxPage))
	}
	return string(raw), limit, err
}

func ownCursor(after string) string { return base64.RawURLEncoding.EncodeToString([]byte(after)) }

// problemPage is a page of files with something wrong in them.
type problemPage struct {
	Items      []catalog.FileProblems `json:"items"`
	NextCursor string                 `json:"nextCursor,omitempty"`
}

func (h ownCatalogHandler) problems(w http.ResponseWriter, r *http.Request) error {
	p, err := request.ReadParams(r, "cursor", "limit")
	if err != nil {
		return err
	}
	after, limit, err := ownPage(p)
	if err != nil {
		return err
	}
	page, err := h.c.Problems.Problems(r.Context(), catalog.ProblemQuery{After: after, Limit: limit})
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusOK, problemPage{Items: page.Items, NextCursor: ownCursor(page.Next)})
}

// GraphNode is one entity of a graph as shown.
type GraphNode struct {
	Ref          string   `json:"ref"`
	Exists       bool     `json:"exists"` // whether the catalog holds it; relations may name what is not there
	Distance     int      `json:"distance"`
	Owners       []string `json:"owners"`
	Environments []string `json:"environments"`
	// Entity is what the question's fields keep of the entity.
	Entity json.RawMessage `json:"entity,omitempty"`
}

// GraphEdge is one relation that was followed, as shown.
type GraphEdge struct {
	From string `json:"from"`
	Type string `json:"type"`
	To   string `json:"to"`
}

func (h ownCatalogHandler) graph(w http.ResponseWriter, r *http.Request) error {
	p, err := request.ReadParams(r, "from", "direction", "depth", "type", "fields", "asOf")
	if err != nil {
		return err
	}
	q, err := graphQuery(p)
	if err != nil {
		return err
	}
	fields, err := projection.Parse(p.All("fields"))
	if err != nil {
		return err
	}
	c, err := catalogHandler{c: h.c.View}.at(r.Context(), p)
	if err != nil {
		return err
	}
	g, err := c.Graph(r.Context(), q)
	if err != nil {
		return err
	}
	shown, err := showGraph(g, fields)
	if err != nil {
		return err
	}
	return httpapi.WriteTagged(w, r, appendJSON(nil, shown))
}

func graphQuery(p request.Params) (q view.GraphQuery, err error) {
	if q.From, err = p.One("from"); err != nil {
		return q, err
	}
	if q.From == "" {
		return q, errs.New(errs.Invalid, "request/query must have required property 'from'")
	}
	direction, err := p.Enum("direction", string(view.Dependents), string(view.Dependencies))
	if err != nil {
		return q, err
	}
	if q.Direction = view.Direction(direction); direction == "" {
		q.Direction = view.Dependents
	}
	if q.Depth, err = p.Number("depth", view.DefaultDepth); err != nil {
		return q, err
	}
	if q.Depth < 1 || q.Depth > view.MaxDepth {
		return q, errs.New(errs.Invalid, fmt.Sprintf("request/query/depth must be 1 to %d", view.MaxDepth))
	}
	for _, t := range splitFields(p.All("type")) {
		if t = strings.TrimSpace(t); t != "" {
			q.Types = append(q.Types, t)
		}
	}
	return q, nil
}

// graphAnswer is a graph as shown.
type graphAnswer struct {
	Nodes     []GraphNode `json:"nodes"`
	Edges     []GraphEdge `json:"edges"`
	Truncated bool        `json:"truncated"`
}

// showGraph gives the graph as shown; nodes carry their entities only where fields says
// which parts of them.
func showGraph(g view.Graph, fields *projection.Projection) (graphAnswer, error) {
	out := graphAnswer{Nodes: make([]GraphNode, 0, len(g.Nodes)), Edges: make([]GraphEdge, 0, len(g.Edges)), Truncated: g.Truncated}
	for _, n := range g.Nodes {
		shown := GraphNode{Ref: n.Ref, Exists: n.Document.Found(), Distance: n.Distance, Owners: n.Owners, Environments: n.Environments}
		if fields != nil && shown.Exists {
			whole, err := n.Document.AppendJSON(nil)
			if err != nil {
				return out, err
			}
			shown.Entity = fields.Append(nil, whole)
		}
		out.Nodes = append(out.Nodes, shown)
	}
	for _, e := range g.Edges {
		out.Edges = append(out.Edges, GraphEdge(e))
	}
	return out, nil
}

// parseSeq reads the number of a change out of a cursor, 0 out of an empty one.
func parseSeq(after string) (int64, error) {
	if after == "" {
		return 0, nil
	}
	seq, err := strconv.ParseInt(after, 10, 64)
	if err != nil || seq < 1 {
		return 0, errs.New(errs.Invalid, "Malformed cursor: it is none that this server has given")
	}
	return seq, nil
}
