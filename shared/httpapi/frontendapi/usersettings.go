package frontendapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/usersettings"
)

// Settings keeps what people set for themselves.
type Settings interface {
	Get(ctx context.Context, user string, n usersettings.Name) (json.RawMessage, error)
	Many(ctx context.Context, user string, names []usersettings.Name) ([]json.RawMessage, error)
	Put(ctx context.Context, user string, n usersettings.Name, value json.RawMessage) error
	Delete(ctx context.Context, user string, n usersettings.Name) error
}

// HandleUserSettings registers Backstage's routes below /api/user-settings: multiget of
// present frontends (@backstage/plugin-user-settings 0.9), single settings of older ones. A key
// may hold slashes, written as such or not.
func HandleUserSettings(rt *httpapi.Router, s Settings) {
	h := settingsHandler{s}
	rt.Handle("POST /api/user-settings/multiget", h.many)
	rt.Handle("GET /api/user-settings/buckets/{bucket}/keys/{key...}", h.get)
	rt.Handle("PUT /api/user-settings/buckets/{bucket}/keys/{key...}", h.put)
	rt.Handle("DELETE /api/user-settings/buckets/{bucket}/keys/{key...}", h.remove)
}

type settingsHandler struct{ s Settings }

// shownSetting is a setting as single ones are answered.
type shownSetting struct {
	usersettings.Name
	Value json.RawMessage `json:"value"`
}

var (
	manySchema = request.Object(request.Has("items", request.List(nameSchema))).Requiring("items")
	nameSchema = request.Object(request.Has("bucket", request.Text()), request.Has("key", request.Text())).Requiring("bucket", "key")
)

func (h settingsHandler) many(w http.ResponseWriter, r *http.Request) error {
	who, err := person(r.Context())
	if err != nil {
		return err
	}
	body, err := request.Read(r, manySchema, false)
	if err != nil {
		return err
	}
	items, _ := body["items"].([]any)
	names := make([]usersettings.Name, 0, len(items))
	for _, item := range items {
		i := request.Body(item.(map[string]any))
		names = append(names, usersettings.Name{Bucket: i.Text("bucket"), Key: i.Text("key")})
	}
	values, err := h.s.Many(r.Context(), who.EntityRef, names)
	if err != nil {
		return err
	}
	out := make([]any, len(values)) // null for what was never set
	for i, v := range values {
		if v != nil {
			out[i] = map[string]json.RawMessage{"value": v}
		}
	}
	return writeOwn(w, map[string]any{"items": out})
}

func (h settingsHandler) get(w http.ResponseWriter, r *http.Request) error {
	who, n, err := named(r)
	if err != nil {
		return err
	}
	value, err := h.s.Get(r.Context(), who, n)
	if err != nil {
		return err
	}
	return writeOwn(w, shownSetting{n, value})
}

func (h settingsHandler) put(w http.ResponseWriter, r *http.Request) error {
	who, n, err := named(r)
	if err != nil {
		return err
	}
	value, err := readValue(r)
	if err != nil {
		return err
	}
	if err := h.s.Put(r.Context(), who, n, value); err != nil {
		return err
	}
	return writeOwn(w, shownSetting{n, value})
}

func (h settingsHandler) remove(w http.ResponseWriter, r *http.Request) error {
	who, n, err := named(r)
	if err != nil {
		return err
	}
	if err := h.s.Delete(r.Context(), who, n); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// readValue gives the value in the body as it was written, without the space around it.
func readValue(r *http.Request) (json.RawMessage, error) {
	raw, err := httpapi.ReadBody(r)
	if err != nil {
		return nil, err
	}
	if _, err := request.Decode(r, raw); err != nil {
		return nil, err
	}
	// What is no object, an array for one, has no value either. Names are compared exactly,
	// as encoding/json does not for the fields of a struct.
	var body map[string]json.RawMessage
	if err := json.Unmarshal(raw, &body); err != nil || body["value"] == nil {
		return nil, errs.Wrap(errs.Invalid, `Missing required field "value"`, err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, body["value"]); err != nil {
		return nil, errs.Wrap(errs.Invalid, "the value can't be read", err)
	}
	return compact.Bytes(), nil
}

// named gives whose setting the path names. Whoever asks for settings gets their own: no
// path names a user.
func named(r *http.Request) (user string, n usersettings.Name, err error) {
	who, err := person(r.Context())
	if err != nil {
		return "", n, err
	}
	n = usersettings.Name{Bucket: r.PathValue("bucket"), Key: r.PathValue("key")}
	if !utf8.ValidString(n.Bucket) || !utf8.ValidString(n.Key) {
		return "", n, errs.New(errs.Invalid, "the path is not UTF-8")
	}
	return who.EntityRef, n, nil
}

// writeOwn answers with what is the caller's alone: no cache may keep it for others.
func writeOwn(w http.ResponseWriter, v any) error {
	w.Header().Set("Cache-Control", "no-store")
	return httpapi.WriteJSON(w, http.StatusOK, v)
}
