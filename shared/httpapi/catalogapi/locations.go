package catalogapi

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/catalog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

// Locations registers, shows and changes the places that entities are read from.
type Locations interface {
	LocationFinder
	RegisterLocation(ctx context.Context, actor, target string) (catalog.Registration, error)
	PreviewLocation(ctx context.Context, target string) (catalog.Registration, []entity.Entity, error)
	UpdateLocation(ctx context.Context, actor, id, target, ifETag string) (catalog.Location, error)
	RemoveLocation(ctx context.Context, actor, id string, only catalog.Guard) error
}

// LocationFinder shows registered locations.
type LocationFinder interface {
	Locations(ctx context.Context) ([]catalog.Location, error)
	Location(ctx context.Context, id string) (catalog.Location, error)
	LocationByTarget(ctx context.Context, target string) (catalog.Location, error)
	LocationOf(ctx context.Context, ref string) (catalog.Location, error)
}

// HandleLocations registers Backstage's routes about locations below /api/catalog.
func HandleLocations(rt *httpapi.Router, c Locations) {
	h := locationsHandler{c}
	rt.Handle("GET /api/catalog/locations", h.list)
	rt.Handle("POST /api/catalog/locations", h.register)
	rt.Handle("POST /api/catalog/locations/by-query", h.query)
	rt.Handle("GET /api/catalog/locations/{id}", h.get)
	rt.Handle("PUT /api/catalog/locations/{id}", h.update)
	rt.Handle("DELETE /api/catalog/locations/{id}", h.remove)
	rt.Handle("GET /api/catalog/locations/by-entity/{kind}/{namespace}/{name}", h.byEntity)
}

type locationsHandler struct{ c Locations }

// locationView is a location as Backstage shows it.
type locationView struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Target    string `json:"target"`
	Presence  string `json:"presence,omitempty"` // of a dry run, as it was asked
	EntityRef string `json:"entityRef,omitempty"`
}

func viewOf(l catalog.Location) locationView {
	return locationView{ID: l.ID, Type: l.Type, Target: l.Target, EntityRef: l.EntityRef}
}

func (h locationsHandler) list(w http.ResponseWriter, r *http.Request) error {
	if _, err := request.ReadParams(r); err != nil {
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
	return httpapi.WriteTagged(w, r, appendJSON(nil, out))
}

func (h locationsHandler) get(w http.ResponseWriter, r *http.Request) error {
	if _, err := request.ReadParams(r); err != nil {
		return err
	}
	l, err := h.c.Location(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return writeLocation(w, r, l)
}

func (h locationsHandler) byEntity(w http.ResponseWriter, r *http.Request) error {
	if _, err := request.ReadParams(r); err != nil {
		return err
	}
	l, err := h.c.LocationOf(r.Context(), pathRef(r))
	if err != nil {
		return err
	}
	return writeLocation(w, r, l)
}

// writeLocation sends a location with the ETag that If-Match takes.
func writeLocation(w http.ResponseWriter, r *http.Request, l catalog.Location) error {
	return httpapi.WriteAs(w, r, `"`+l.ETag()+`"`, appendJSON(nil, viewOf(l)))
}

// registration is the answer to POST /locations.
type registration struct {
	Location locationView    `json:"location"`
	Entities []entity.Entity `json:"entities"`
	Exists   *bool           `json:"exists,omitempty"`
}

// yes is what counts as true in a query string (npm's yn).
var yes = lazyregexp.New(`(?i)^\s*(y|yes|true|1|on)\s*$`)

func (h locationsHandler) register(w http.ResponseWriter, r *http.Request) error {
	p, err := request.ReadParams(r, "dryRun", "onConflict")
	if err != nil {
		return err
	}
	dryRun, err := p.One("dryRun")
	if err != nil {
		return err
	}
	onConflict, err := p.Enum("onConflict", "refresh", "reject")
	if err != nil {
		return err
	}
	in, err := readLocation(r, locationBody)
	if err != nil {
		return err
	}
	if yes.MatchString(dryRun) {
		return h.preview(w, r, in)
	}
	if onConflict != "refresh" {
		if _, err := h.c.LocationByTarget(r.Context(), in.Target); err == nil {
			return alreadyExists(in.Target)
		}
	}
	reg, err := h.c.RegisterLocation(r.Context(), actor(r), in.Target)
	if err != nil {
		return asInput(err)
	}
	if reg.Existed && onConflict != "refresh" { // somebody was faster
		return alreadyExists(in.Target)
	}
	return httpapi.WriteJSON(w, http.StatusCreated, registration{Location: viewOf(reg.Location), Entities: []entity.Entity{}})
}

func alreadyExists(target string) error {
	return errs.New(errs.Conflict, fmt.Sprintf("Location url:%s already exists", target))
}

// actor gives the ref of whoever calls.
func actor(r *http.Request) string {
	who, _ := auth.PrincipalFrom(r.Context())
	return who.EntityRef
}

var (
	locationMembers = []request.Member{request.Has("target", request.Text()), request.Has("type", request.Text())}
	locationBody    = request.Object(locationMembers...).Requiring("target", "type")
	// locationInput is the stricter form that other routes ask for.
	locationInput = request.Object(locationMembers...).Requiring("type", "target").Only()
)

// readLocation reads what is to be registered.
func readLocation(r *http.Request, s request.Schema) (locationView, error) {
	body, err := request.Read(r, s, false)
	if err != nil {
		return locationView{}, err
	}
	return locationOf(body)
}

func locationOf(body request.Body) (in locationView, err error) {
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(body)) {
		if name != "type" && name != "target" && name != "presence" {
			unknown = append(unknown, errs.Clip(name))
		}
	}
	if len(unknown) > 0 {
		return in, unrecognizedKeys(unknown)
	}
	in = locationView{Type: body.Text("type"), Target: body.Text("target"), Presence: body.Text("presence")}
	if body.Has("presence") && in.Presence != "required" && in.Presence != "optional" {
		return in, errs.New(errs.Invalid, "Malformed request: presence must be required or optional")
	}
	if in.Type != "url" {
		return in, errs.New(errs.Invalid, `Registered locations must be of an allowed type ["url"]`)
	}
	return in, nil
}

// unrecognizedKeys is how zod, which checks this body behind the OpenAPI document, tells of
// members that it does not know.
func unrecognizedKeys(names []string) error {
	issue := struct {
		Code    string   `json:"code"`
		Keys    []string `json:"keys"`
		Path    []string `json:"path"`
		Message string   `json:"message"`
	}{"unrecognized_keys", names, []string{}, "Unrecognized key(s) in object: '" + strings.Join(names, "', '") + "'"}
	text, err := json.MarshalIndent([]any{issue}, "", "  ")
	if err != nil {
		return fmt.Errorf("describing unknown members: %w", err)
	}
	return errs.New(errs.Invalid, "Malformed request: "+string(text))
}

func (h locationsHandler) preview(w http.ResponseWriter, r *http.Request, in locationView) error {
	reg, entities, err := h.c.PreviewLocation(r.Context(), in.Target)
	if err != nil {
		return asInput(err)
	}
	in.ID, in.EntityRef = in.Type+":"+in.Target, reg.Location.EntityRef
	return httpapi.WriteJSON(w, http.StatusCreated, registration{Location: in, Entities: entities, Exists: &reg.Existed})
}

// asInput tells a target that is not there as a mistake in the request: the route itself
// exists, and Backstage's clients take 404 for an old server.
func asInput(err error) error {
	if errs.KindOf(err) == errs.NotFound {
		return errs.Wrap(errs.Invalid, "NotFoundError: "+errs.Message(err), err)
	}
	return err
}

func (h locationsHandler) update(w http.ResponseWriter, r *http.Request) error {
	if _, err := request.ReadParams(r); err != nil {
		return err
	}
	in, err := readLocation(r, locationInput)
	if err != nil {
		return err
	}
	tag, err := ifMatch(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if _, err := h.c.Location(r.Context(), id); err != nil {
		return err
	}
	l, err := h.c.UpdateLocation(r.Context(), actor(r), id, in.Target, tag)
	if err != nil {
		return asInput(err)
	}
	return writeLocation(w, r, l)
}

func (h locationsHandler) remove(w http.ResponseWriter, r *http.Request) error {
	if _, err := request.ReadParams(r); err != nil {
		return err
	}
	tag, err := ifMatch(r)
	if err != nil {
		return err
	}
	l, err := h.c.Location(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := h.c.RemoveLocation(r.Context(), actor(r), l.ID, catalog.Guard{ETag: tag}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

var entityTag = lazyregexp.New(`^(?:W/)?"([!\x23-\x7e]+)"$`)

// ifMatch gives the one tag of If-Match (RFC 9110 §13.1.1), "" when there is no condition
// or it is met by whatever exists. A tag that a proxy weakened counts.
func ifMatch(r *http.Request) (string, error) {
	lines := r.Header.Values("If-Match")
	if len(lines) == 0 || len(lines) == 1 && lines[0] == "*" {
		return "", nil
	}
	tag := entityTag.FindStringSubmatch(strings.TrimSpace(lines[0]))
	if len(lines) > 1 || tag == nil {
		return "", errs.New(errs.Invalid, `If-Match takes one ETag in quotation marks, or *`)
	}
	return tag[1], nil
}
