// Package params owns reading the parameters of a GitLab API request: from the query, a
// form, a multipart form or a JSON body, into one tree, as Rack and Grape do. Names with
// brackets make hashes (variables[A]=b) and arrays (topics[]=x, actions[][path]=p).
//
// Values keep the type they came with; the accessors coerce, so a boolean may be true,
// "True" or 1, and a number may be a string. It does not know which parameters exist.
package params

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// Map is a hash of parameters. Values are string, bool, json.Number, nil, []any or Map.
type Map map[string]any

// ErrTooLarge says that the body is over the limit.
var ErrTooLarge = errors.New("the request body is too large")

const (
	maxDepth   = 32
	maxEntries = 20000
)

// Read reads the parameters of a request; the body wins over the query. The body may have
// at most limit bytes.
func Read(r *http.Request, limit int64) (Map, error) {
	m := Map{}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("reading the query: %w", err)
	}
	if err := m.addForm(query); err != nil {
		return nil, err
	}
	if r.Body == nil || r.Body == http.NoBody {
		return m, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading the body: %w", err)
	}
	if int64(len(body)) > limit {
		return nil, ErrTooLarge
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return m, nil
	}
	return m, m.addBody(r.Header.Get("Content-Type"), body)
}

func (m Map) addBody(contentType string, body []byte) error {
	kind, attrs, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = ""
	}
	switch {
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		return m.addJSON(body)
	case kind == "multipart/form-data":
		return m.addMultipart(body, attrs["boundary"])
	case kind == "application/x-www-form-urlencoded" || kind == "":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return fmt.Errorf("reading the form: %w", err)
		}
		return m.addForm(form)
	}
	return fmt.Errorf("content type %q is not supported", kind)
}

func (m Map) addJSON(body []byte) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return fmt.Errorf("reading the JSON body: %w", err)
	}
	top, ok := v.(map[string]any)
	if !ok {
		return errors.New("the JSON body is not an object")
	}
	for k, v := range top {
		m[k] = normal(v)
	}
	return nil
}

func normal(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := Map{}
		for k, e := range v {
			m[k] = normal(e)
		}
		return m
	case []any:
		for i := range v {
			v[i] = normal(v[i])
		}
	}
	return v
}

func (m Map) addMultipart(body []byte, boundary string) error {
	if boundary == "" {
		return errors.New("the multipart body has no boundary")
	}
	rd := multipart.NewReader(bytes.NewReader(body), boundary)
	for n := 0; ; n++ {
		part, err := rd.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil || n > maxEntries {
			return fmt.Errorf("reading the multipart body: %w", errors.Join(err, tooMany(n)))
		}
		v, err := io.ReadAll(part)
		if err != nil {
			return fmt.Errorf("reading the multipart body: %w", err)
		}
		if err := m.set(part.FormName(), string(v)); err != nil {
			return err
		}
	}
}

func tooMany(n int) error {
	if n > maxEntries {
		return errors.New("too many parameters")
	}
	return nil
}

func (m Map) addForm(form url.Values) error {
	if err := tooMany(len(form)); err != nil {
		return err
	}
	names := make([]string, 0, len(form))
	for n := range form {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		for _, v := range form[n] {
			if err := m.set(n, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// set places a form value by its name: a, a[b], a[], a[][b].
func (m Map) set(name, value string) error {
	first, rest, nested := strings.Cut(name, "[")
	if !nested || first == "" {
		m[name] = value
		return nil
	}
	keys := strings.Split(strings.TrimSuffix(rest, "]"), "][")
	if len(keys) > maxDepth {
		return errors.New("parameters are nested too deeply")
	}
	v, err := place(m[first], keys, value)
	if err != nil {
		return fmt.Errorf("parameter %s: %w", first, err)
	}
	m[first] = v
	return nil
}

func place(old any, keys []string, value string) (any, error) {
	if len(keys) == 0 {
		return value, nil
	}
	if keys[0] == "" {
		return placeInList(old, keys[1:], value)
	}
	h, ok := old.(Map)
	if old == nil {
		h, ok = Map{}, true
	}
	if !ok {
		return nil, errors.New("is both a hash and something else")
	}
	v, err := place(h[keys[0]], keys[1:], value)
	if err != nil {
		return nil, err
	}
	h[keys[0]] = v
	return h, nil
}

// placeInList adds to a list: a hash key that the last element does not have yet belongs to
// it, else it starts a new element, as Rack reads actions[][path].
func placeInList(old any, keys []string, value string) (any, error) {
	list, ok := old.([]any)
	if old != nil && !ok {
		return nil, errors.New("is both a list and something else")
	}
	if len(keys) > 0 && keys[0] != "" && len(list) > 0 {
		if last, ok := list[len(list)-1].(Map); ok {
			if _, taken := last[keys[0]]; !taken {
				_, err := place(last, keys, value)
				return list, err
			}
		}
	}
	v, err := place(nil, keys, value)
	if err != nil {
		return nil, err
	}
	return append(list, v), nil
}

// Has reports whether a parameter was given, even as null.
func (m Map) Has(name string) bool { _, ok := m[name]; return ok }

// String gives a parameter as text; "" when absent or not a scalar.
func (m Map) String(name string) string { return Text(m[name]) }

// Text gives a scalar as text.
func Text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// Bool gives a parameter as a boolean, or other when absent or not one.
func (m Map) Bool(name string, other bool) bool {
	switch strings.ToLower(m.String(name)) {
	case "true", "t", "1", "yes", "on":
		return true
	case "false", "f", "0", "no", "off":
		return false
	}
	return other
}

// Int gives a parameter as a number, or other when absent or not one.
func (m Map) Int(name string, other int64) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(m.String(name)), 10, 64)
	if err != nil {
		return other
	}
	return n
}

// Strings gives a parameter as a list of text; one text is split at commas.
func (m Map) Strings(name string) []string {
	list := []string{}
	switch v := m[name].(type) {
	case []any:
		for _, e := range v {
			list = append(list, Text(e))
		}
	case string:
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
	}
	return list
}

// Hash gives a parameter as a hash; nil when it is not one.
func (m Map) Hash(name string) Map {
	h, _ := m[name].(Map)
	return h
}

// List gives a parameter as a list of hashes. A hash with keys 0, 1 … (as forms send
// arrays) counts as a list too.
func (m Map) List(name string) []Map {
	list := []Map{}
	switch v := m[name].(type) {
	case []any:
		for _, e := range v {
			h, _ := e.(Map)
			list = append(list, h)
		}
	case Map:
		for i := 0; v.Has(strconv.Itoa(i)); i++ {
			list = append(list, v.Hash(strconv.Itoa(i)))
		}
	}
	return list
}
