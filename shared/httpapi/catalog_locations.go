package httpapi

import (
	"context"
	"fmt"
	"net/http"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// CatalogLocations registers and shows the places that entities are read from.
type CatalogLocations interface {
	RegisterLocation(ctx context.Context, actor, target string) (catalog.Registration, error)
	PreviewLocation(ctx context.Context, target string) (catalog.Registration, []entity.Entity, error)
	Locations(ctx context.Context) ([]catalog.Location, error)
	Location(ctx context.Context, id string) (catalog.Location, error)
	RemoveLocation(ctx context.Context, actor, id, operationID string) error
}

// HandleCatalogLocations registers Backstage's routes about locations below /api/catalog.
func HandleCatalogLocations(rt *Router, c CatalogLocations) {
	h := locationsHandler{c}
	rt.Handle("GET /api/catalog/locations", h.list)
	rt.Handle("POST /api/catalog/locations", h.register)
	rt.Handle("GET /api/catalog/locations/{id}", h.get)
	rt.Handle("DELETE /api/catalog/locations/{id}", h.remove)
}

type locationsHandler struct{ c CatalogLocations }

// locationView is a location as Backstage shows it.
type locationView struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Target    string `json:"target"`
	EntityRef string `json:"entityRef,omitempty"`
}

func viewOf(l catalog.Location) locationView {
	return locationView{ID: l.ID, Type: l.Type, Target: l.Target, EntityRef: l.EntityRef}
}

func (h locationsHandler) list(w http.ResponseWriter, r *http.Request) error {
	if _, err := readParams(r); err != nil {
		return err
	}
	all, err := h.c.Locations(r.Context())
	if err != nil {
		return err
	}
	type wrapped struct {
		Data locationView `json:"data"`
	}
	out := make([]wrapped, 0, len(all))
	for _, l := range all {
		out = append(out, wrapped{viewOf(l)})
	}
	return writeTagged(w, r, out)
}

func (h locationsHandler) get(w http.ResponseWriter, r *http.Request) error {
	l, err := h.c.Location(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return writeTagged(w, r, viewOf(l))
}

// registration is the answer to POST /locations.
type registration struct {
	Location locationView    `json:"location"`
	Entities []entity.Entity `json:"entities"`
	Exists   *bool           `json:"exists,omitempty"`
}

func (h locationsHandler) register(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r, "dryRun", "onConflict")
	if err != nil {
		return err
	}
	target, err := locationTarget(r)
	if err != nil {
		return err
	}
	if p.one("dryRun") == "true" {
		return h.preview(w, r, target)
	}
	who, _ := auth.PrincipalFrom(r.Context())
	reg, err := h.c.RegisterLocation(r.Context(), who.EntityRef, target)
	if err != nil {
		return asInput(err)
	}
	if reg.Existed && p.one("onConflict") != "refresh" {
		return errs.New(errs.Conflict, fmt.Sprintf("Location url:%s already exists", target))
	}
	return WriteJSON(w, http.StatusCreated, registration{Location: viewOf(reg.Location), Entities: []entity.Entity{}})
}

func locationTarget(r *http.Request) (string, error) {
	body, err := readBody(r)
	if err != nil {
		return "", err
	}
	target, err := body.text("target", true)
	if err != nil {
		return "", err
	}
	kind, err := body.text("type", true)
	if err != nil {
		return "", err
	}
	for name := range body {
		if name != "type" && name != "target" && name != "presence" {
			return "", errs.New(errs.Invalid, fmt.Sprintf("Malformed request: Unrecognized key(s) in object: '%.60s'", name))
		}
	}
	if kind != "url" {
		return "", errs.New(errs.Invalid, "Registered locations must be of type 'url'")
	}
	return target, nil
}

func (h locationsHandler) preview(w http.ResponseWriter, r *http.Request, target string) error {
	reg, entities, err := h.c.PreviewLocation(r.Context(), target)
	if err != nil {
		return asInput(err)
	}
	l := locationView{ID: "url:" + target, Type: "url", Target: target}
	return WriteJSON(w, http.StatusCreated, registration{Location: l, Entities: entities, Exists: &reg.Existed})
}

// asInput tells a target that is not there as a mistake in the request: the route itself
// exists, and Backstage's clients take 404 for an old server.
func asInput(err error) error {
	if errs.KindOf(err) == errs.NotFound {
		return errs.Wrap(errs.Invalid, "NotFoundError: "+errs.Message(err), err)
	}
	return err
}

func (h locationsHandler) remove(w http.ResponseWriter, r *http.Request) error {
	l, err := h.c.Location(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	who, _ := auth.PrincipalFrom(r.Context())
	if err := h.c.RemoveLocation(r.Context(), who.EntityRef, l.ID, ""); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
