package view

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/index"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Direction says which way a graph is followed.
type Direction string

// The directions.
const (
	// Dependents are what a change of the entity may break.
	Dependents Direction = "dependents"
	// Dependencies are what the entity needs.
	Dependencies Direction = "dependencies"
)

// followed are the relations that each direction follows unless the question names others.
// Who provides an API stands between the API's consumers and what the provider runs on.
var followed = map[Direction][]string{
	Dependents:   {"apiConsumedBy", "dependencyOf", "providesApi"},
	Dependencies: {"apiProvidedBy", "consumesApi", "dependsOn"},
}

// The limits of a graph.
const (
	DefaultDepth  = 10
	MaxDepth      = 50
	MaxGraphNodes = 2000
)

// GraphQuery asks for what an entity is connected with.
type GraphQuery struct {
	From      string // ref, in any case
	Direction Direction
	Depth     int      // relations away from From, 1 to MaxDepth; 0 for DefaultDepth
	Types     []string // of the relations to follow, in any case; empty for the direction's own
}

// Graph is what an entity is connected with, each node once, nearest first.
type Graph struct {
	Nodes []Node
	Edges []GraphEdge
	// Truncated says that there is more: deeper than Depth, or beyond MaxGraphNodes.
	Truncated bool
}

// Node is one entity of a Graph.
type Node struct {
	Ref      string
	Document index.Document // the zero one when there is no such entity
	Distance int            // relations away from where the graph begins
	// Owners and Environments are the refs of who owns it and where it runs.
	Owners, Environments []string
}

// GraphEdge is one relation that was followed.
type GraphEdge struct{ From, Type, To string }

func (q GraphQuery) check() (GraphQuery, error) {
	from, err := entity.ParseFullRef(q.From)
	if err != nil {
		return q, err
	}
	q.From = from.String()
	if q.Depth == 0 {
		q.Depth = DefaultDepth
	}
	if q.Depth < 1 || q.Depth > MaxDepth {
		return q, errs.New(errs.Invalid, fmt.Sprintf("depth must be 1 to %d", MaxDepth))
	}
	if _, known := followed[q.Direction]; !known {
		return q, errs.New(errs.Invalid, "direction must be dependents or dependencies")
	}
	if len(q.Types) == 0 {
		q.Types = followed[q.Direction]
	}
	return q, nil
}

// Graph follows relations from an entity; NotFound when there is none.
func (r reading) Graph(ctx context.Context, q GraphQuery) (Graph, error) {
	q, err := q.check()
	if err != nil {
		return Graph{}, err
	}
	var g Graph
	readErr := r.read(ctx, func(x *index.Index) { g, err = follow(x, q) })
	if readErr != nil {
		return Graph{}, readErr
	}
	return g, err
}

// follow walks in breadth, so that each node's distance is its shortest.
func follow(x *index.Index, q GraphQuery) (Graph, error) {
	start, ok := x.ByRef(q.From)
	if !ok {
		return Graph{}, entity.NoSuch(q.From)
	}
	w := graphWalk{index: x, query: q, seen: map[string]bool{}}
	w.add(q.From, start, 0)
	for i := 0; i < len(w.graph.Nodes); i++ {
		if err := w.leave(i); err != nil {
			return Graph{}, err
		}
	}
	return w.graph, nil
}

type graphWalk struct {
	index *index.Index
	query GraphQuery
	seen  map[string]bool
	graph Graph
}

func (w *graphWalk) add(ref string, d index.Document, distance int) {
	w.seen[ref] = true
	w.graph.Nodes = append(w.graph.Nodes, Node{Ref: ref, Document: d, Distance: distance, Owners: []string{}, Environments: []string{}})
}

// leave follows the relations of one node.
func (w *graphWalk) leave(i int) error {
	n := &w.graph.Nodes[i]
	if !n.Document.Found() {
		return nil
	}
	e, err := n.Document.Entity()
	if err != nil {
		return fmt.Errorf("reading %s from the index: %w", n.Ref, err)
	}
	n.Owners, n.Environments = surroundings(e)
	from, distance := n.Ref, n.Distance
	for _, rel := range e.Relations {
		if !slices.ContainsFunc(w.query.Types, func(t string) bool { return strings.EqualFold(t, rel.Type) }) {
			continue
		}
		w.follow(from, rel, distance+1)
	}
	return nil
}

func (w *graphWalk) follow(from string, rel entity.Relation, distance int) {
	if !w.seen[rel.TargetRef] {
		if distance > w.query.Depth || len(w.graph.Nodes) == MaxGraphNodes {
			w.graph.Truncated = true
			return
		}
		d, _ := w.index.ByRef(rel.TargetRef)
		w.add(rel.TargetRef, d, distance)
	}
	w.graph.Edges = append(w.graph.Edges, GraphEdge{From: from, Type: rel.Type, To: rel.TargetRef})
}

// surroundings gives who owns an entity and the environments it is related to.
func surroundings(e entity.Entity) (owners, environments []string) {
	owners, environments = []string{}, []string{}
	for _, rel := range e.Relations {
		switch {
		case rel.Type == "ownedBy":
			owners = append(owners, rel.TargetRef)
		case strings.HasPrefix(rel.TargetRef, "awsenvironment:"):
			environments = append(environments, rel.TargetRef)
		}
	}
	slices.Sort(environments)
	return owners, slices.Compact(environments)
}
