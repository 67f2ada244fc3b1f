package catalogapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

// Validator tells what is wrong with a document that is to become an entity.
type Validator interface {
	ValidateEntity(doc map[string]any, location string) []entity.Problem
}

// HandleValidation registers Backstage's route that validates an entity below
// /api/catalog.
func HandleValidation(rt *httpapi.Router, c Validator) {
	h := validationHandler{c}
	rt.Handle("POST /api/catalog/validate-entity", h.validate)
}

type validationHandler struct{ c Validator }

var validateBody = request.Object(request.Has("location", request.Text()), request.Has("entity", request.Object())).Requiring("location", "entity")

// validationErrors is the answer for an entity that is not valid: the one error of
// Backstage's catalog that does not come in its envelope.
type validationErrors struct {
	Errors []validationError `json:"errors"`
}

type validationError struct {
	Name    string           `json:"name"`
	Message string           `json:"message"`
	Cause   *validationError `json:"cause,omitempty"`
}

func (h validationHandler) validate(w http.ResponseWriter, r *http.Request) error {
	if _, err := request.ReadParams(r); err != nil {
		return err
	}
	body, err := request.Read(r, validateBody, false)
	if err != nil {
		return err
	}
	doc, location := body.Object("entity"), body.Text("location")
	found := unfit(doc, location)
	if len(found) == 0 {
		found = worded(doc, h.c.ValidateEntity(doc, location))
	}
	if len(found) > 0 {
		return httpapi.WriteJSON(w, http.StatusBadRequest, validationErrors{found})
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// unfit finds what keeps a document from being looked at any further.
func unfit(doc map[string]any, location string) []validationError {
	if f := envelopeSchema.Check("", doc); f != nil {
		return []validationError{{Name: "TypeError", Message: faultText(*f)}}
	}
	if problem := locationRefProblem(location); problem != "" {
		return []validationError{{Name: "TypeError", Message: problem}}
	}
	return nil
}

// envelopeSchema is what every entity has (EntityEnvelope.schema.json of catalog-model).
var envelopeSchema = request.Object(
	request.Has("apiVersion", request.Text()),
	request.Has("kind", request.Text()),
	request.Has("metadata", request.Object(request.Has("name", request.Text()), request.Has("namespace", request.Text())).Requiring("name")),
).Requiring("apiVersion", "kind", "metadata")

// faultText tells a fault as Backstage's entity validation does.
func faultText(f request.Fault) string {
	at := f.At
	if at == "" {
		at = "<root>"
	}
	return at + " " + f.Message + " - " + f.Param
}

var scriptURL = lazyregexp.New(`(?i)^[\x00-\x20]*j[\r\n\t]*a[\r\n\t]*v[\r\n\t]*a[\r\n\t]*s[\r\n\t]*c[\r\n\t]*r[\r\n\t]*i[\r\n\t]*p[\r\n\t]*t[\r\n\t]*:`)

// locationRefProblem tells what is wrong with "url:<target>", "" for nothing.
func locationRefProblem(ref string) string {
	kind, target, found := strings.Cut(ref, ":")
	kind, target = strings.TrimSpace(kind), strings.TrimSpace(target)
	shown := errs.Clip(ref)
	switch {
	case !found || kind == "" || target == "":
		return "Unable to parse location ref '" + shown + "', expected '<type>:<target>', e.g. 'url:https://host/path'"
	case kind == "http" || kind == "https":
		return "Invalid location ref '" + shown + "', please prefix it with 'url:', e.g. 'url:" + shown + "'"
	case scriptURL.MatchString(target):
		return "Invalid location ref '" + shown + "', target is a javascript: URL"
	case kind != "url":
		return "Invalid location ref " + shown + ", only 'url:<target>' is supported, e.g. url:https://host/path"
	}
	return ""
}

// worded tells problems in the form of Backstage's catalog, and in its words where those
// say as much as ours. Backstage tells the first problem only.
func worded(doc map[string]any, problems []entity.Problem) []validationError {
	ref := shownRef(doc)
	if foreign := slices.DeleteFunc(slices.Clone(problems), func(p entity.Problem) bool { return !foreignKind(doc, p) }); len(foreign) > 0 {
		problems = foreign // what else is wrong depends on the kind
	}
	var out []validationError
	for _, p := range problems {
		e := wordedOne(doc, p, ref)
		if !slices.ContainsFunc(out, func(had validationError) bool { return had.Message == e.Message }) {
			out = append(out, e)
		}
	}
	return out
}

// shownRef names a document whose envelope is in order, however odd its name is.
func shownRef(doc map[string]any) string {
	meta, _ := doc["metadata"].(map[string]any)
	namespace := request.Body(meta).Text("namespace")
	if namespace == "" {
		namespace = entity.DefaultNamespace
	}
	kind, name := request.Body(doc).Text("kind"), request.Body(meta).Text("name")
	return strings.ToLower(errs.Clip(kind) + ":" + errs.Clip(namespace) + "/" + errs.Clip(name))
}

func wordedOne(doc map[string]any, p entity.Problem, ref string) validationError {
	if foreignKind(doc, p) {
		return validationError{Name: "InputError", Message: "No processor recognized the entity " + ref + " as valid, possibly caused by a foreign kind or apiVersion"}
	}
	if text := specFault(doc, p); text != "" {
		return caused("Processor BuiltinKindsEntityProcessor threw an error while validating the entity "+ref, "TypeError", text)
	}
	p.Target, p.Ref = "", ""
	return caused("Policy check failed for "+ref, "Error", p.String())
}

func caused(message, name, cause string) validationError {
	return validationError{Name: "InputError", Message: message + "; caused by " + name + ": " + cause,
		Cause: &validationError{Name: name, Message: cause}}
}

var wellFormedVersion = lazyregexp.New(`^[A-Za-z0-9./-]+$`)

// foreignKind reports whether the problem is that nobody knows the kind in that version,
// although there might be such a kind.
func foreignKind(doc map[string]any, p entity.Problem) bool {
	if p.Pointer != "/kind" && p.Pointer != "/apiVersion" {
		return false
	}
	kind, _ := doc["kind"].(string)
	version, _ := doc["apiVersion"].(string)
	return wellFormedVersion.MatchString(kind) && wellFormedVersion.MatchString(version)
}

// specFault tells what is missing in a spec, or is of another type, as Backstage does; ""
// when something else is wrong there.
func specFault(doc map[string]any, p entity.Problem) string {
	path, below := strings.CutPrefix(p.Pointer, "/spec")
	if !below || path != "" && path[0] != '/' {
		return ""
	}
	at, parent := any(doc), "<root>"
	for _, name := range strings.Split("spec"+path, "/") {
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		inner, there := member(at, name)
		if !there {
			return parent + " must have required property '" + name + "' - missingProperty: " + name
		}
		if at = inner; parent == "<root>" {
			parent = ""
		}
		parent += "/" + name
	}
	_, isText := at.(string)
	_, isList := at.([]any)
	switch {
	case at == "":
		return p.Pointer + " must NOT have fewer than 1 characters - limit: 1"
	case strings.HasPrefix(p.Message, "must be a list") && !isList:
		return p.Pointer + " must be array - type: array"
	case strings.HasPrefix(p.Message, "must be a non-empty string") && !isText:
		return p.Pointer + " must be string - type: string"
	}
	return ""
}

// member gives what a step of a JSON pointer leads to.
func member(v any, step string) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		inner, there := v[step]
		return inner, there
	case []any:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(v) {
			return v[i], true
		}
	}
	return nil, false
}
