package search

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/catalog/projection"
)

// TypeCatalog is the type of every document.
const TypeCatalog = "software-catalog"

// Document is what can be found of an entity and is shown of it
// (defaultCatalogCollatorEntityTransformer of @backstage/plugin-search-backend-module-catalog).
type Document struct {
	Title         string `json:"title"`
	Text          string `json:"text"`
	ComponentType string `json:"componentType"` // the same as Type, for older frontends
	Type          string `json:"type"`
	Namespace     string `json:"namespace"`
	Kind          string `json:"kind"`
	Lifecycle     string `json:"lifecycle"`
	Owner         string `json:"owner"`
	Location      string `json:"location"` // path of the entity's page in the portal
}

// field is one of the fields of a document.
type field uint8

const fieldCount = 9

// fieldNames are the names of the fields in their order.
var fieldNames = [fieldCount]string{"title", "text", "componentType", "type", "namespace", "kind", "lifecycle", "owner", "location"}

func fieldNamed(name string) (field, bool) {
	for f, n := range fieldNames {
		if n == name {
			return field(f), true
		}
	}
	return 0, false
}

// values gives the fields in their order.
func (d *Document) values() [fieldCount]string {
	return [fieldCount]string{d.Title, d.Text, d.ComponentType, d.Type, d.Namespace, d.Kind, d.Lifecycle, d.Owner, d.Location}
}

// entry is a document as the index keeps it: texts behind their lengths in one string.
type entry string

// parts is an entry taken apart.
type parts struct {
	uid, name, title, text, typ, namespace, kind, lifecycle, owner string
}

func (p *parts) all() [9]*string {
	return [9]*string{&p.uid, &p.name, &p.title, &p.text, &p.typ, &p.namespace, &p.kind, &p.lifecycle, &p.owner}
}

func (p parts) pack() entry {
	if p.title == p.name {
		p.title = "" // an entity's own title is never empty
	}
	var b []byte
	for _, s := range p.all() {
		b = binary.AppendUvarint(b, uint64(len(*s)))
		b = append(b, *s...)
	}
	return entry(b)
}

func (e entry) unpack() (p parts) {
	rest := string(e)
	for _, s := range p.all() {
		*s, rest = next(rest)
	}
	if p.title == "" {
		p.title = p.name
	}
	return p
}

func (e entry) uid() string {
	uid, _ := next(string(e))
	return uid
}

// next takes the first text off.
func next(s string) (text, rest string) {
	var size, shift uint
	for i := range len(s) {
		size |= uint(s[i]&0x7f) << shift
		if shift += 7; s[i] < 0x80 {
			return s[i+1 : i+1+int(size)], s[i+1+int(size):]
		}
	}
	return "", ""
}

func (e entry) document() Document {
	p := e.unpack()
	return Document{
		Title: p.title, Text: p.text, ComponentType: p.typ, Type: p.typ, Namespace: p.namespace, Kind: p.kind,
		Lifecycle: p.lifecycle, Owner: p.owner,
		Location: strings.ToLower("/catalog/" + p.namespace + "/" + p.kind + "/" + p.name),
	}
}

// reader takes entries out of entities.
type reader struct {
	shown   *projection.Projection
	scratch []byte
}

func newReader() (*reader, error) {
	p, err := projection.Parse([]string{"kind", "metadata.name", "metadata.namespace", "metadata.title", "metadata.description",
		"spec.type", "spec.lifecycle", "spec.owner", "spec.profile.displayName", "spec.profile.email"})
	if err != nil {
		return nil, fmt.Errorf("naming the searched fields: %w", err)
	}
	return &reader{shown: p}, nil
}

// entry takes an entity's entry out of its JSON.
func (r *reader) entry(ref, uid string, body []byte) (entry, error) {
	r.scratch = r.shown.Append(r.scratch[:0], body)
	var e entity.Entity
	if err := json.Unmarshal(r.scratch, &e); err != nil {
		return "", fmt.Errorf("reading entity %s for the search: %w", ref, err)
	}
	p := parts{
		uid: uid, name: e.Name(), title: textOf(e.Metadata["title"]), text: about(e), typ: textOf(e.Spec["type"]),
		namespace: e.Namespace(), kind: e.Kind, lifecycle: textOf(e.Spec["lifecycle"]), owner: textOf(e.Spec["owner"]),
	}
	if p.title == "" {
		p.title = p.name
	}
	if p.typ == "" {
		p.typ = "other"
	}
	return p.pack(), nil
}

// about gives an entity's text: its description, and of people who they are.
func about(e entity.Entity) string {
	profile, _ := e.Spec["profile"].(map[string]any)
	said := []string{textOf(e.Metadata["description"])}
	switch strings.ToLower(e.Kind) {
	case "user":
		said = append(said, textOf(profile["displayName"]), textOf(profile["email"]))
	case "group":
		said = append(said, textOf(profile["displayName"]))
	}
	kept := said[:0]
	for _, s := range said {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, " : ")
}

// textOf gives a scalar as text; lists and objects have none.
func textOf(v any) string {
	switch v := v.(type) {
	case nil, []any, map[string]any:
		return ""
	case string:
		return v
	default:
		return entity.ScalarText(v)
	}
}
