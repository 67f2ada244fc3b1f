package catalog

import (
	"path"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

// decorate adds what ingestion knows: namespace, annotations about the place, and the
// order of the lists that name other entities. The file's own uid and etag mean nothing.
func (s *Service) decorate(e entity.Entity, r *reading) entity.Entity {
	url := s.source.URL(r.File)
	notes := map[string]any{}
	if own, ok := e.Metadata["annotations"].(map[string]any); ok {
		for k, v := range own {
			notes[k] = v
		}
	}
	for name, value := range s.placeNotes(url, r.File) {
		if _, given := notes[name]; !given {
			notes[name] = value
		}
	}
	notes[entity.AnnotationLocation], notes[entity.AnnotationOriginLocation] = "url:"+url, r.Origin
	replaceScripts(notes)

	meta := make(map[string]any, len(e.Metadata)+2)
	for k, v := range e.Metadata {
		if k != "uid" && k != "etag" {
			meta[k] = v
		}
	}
	_, named := meta["namespace"]
	meta["namespace"], meta["annotations"] = e.Namespace(), notes
	e.Metadata, e.Spec = meta, s.kinds.SortLists(e.Kind, e.Spec)
	e.Order = decorated(e, named)
	return e
}

// decorated gives the order of a decorated entity: as with Backstage, whose processors merge
// a file's documents into what they know, that comes first, annotations in this order.
func decorated(e entity.Entity, named bool) *keyorder.Order {
	first := []string{"namespace", "annotations"}
	if named {
		first = first[1:]
	}
	notes, _ := e.Metadata["annotations"].(map[string]any)
	known := slices.DeleteFunc(slices.Clone(placing), func(name string) bool { _, there := notes[name]; return !there })
	order := e.Order.Member("metadata")
	order = order.First(e.Metadata, first...).With("annotations", order.Member("annotations").First(notes, known...))
	root := map[string]any{"apiVersion": nil, "kind": nil, "metadata": nil, "spec": nil}
	return e.Order.First(root, "metadata").With("metadata", order)
}

// placing are the annotations about an entity's place.
var placing = []string{
	entity.AnnotationLocation, entity.AnnotationOriginLocation, entity.AnnotationViewURL, entity.AnnotationEditURL, entity.AnnotationSourceLocation,
}

// placeNotes are the annotations that a file may override. Those beyond the view URL are
// known for files of GitLab only.
func (s *Service) placeNotes(url string, f FileRef) map[string]string {
	notes := map[string]string{entity.AnnotationViewURL: url}
	project, file, blob := strings.Cut(url, "/-/blob/")
	_, address, absolute := strings.Cut(project, "://")
	if !blob || !absolute || f.Web() {
		return notes
	}
	host, _, _ := strings.Cut(address, "/")
	folder := strings.TrimPrefix(path.Dir(f.Path)+"/", "./")
	notes[entity.AnnotationInstance], notes[entity.AnnotationProjectSlug] = host, f.Project
	notes[entity.AnnotationEditURL] = project + "/-/edit/" + file
	notes[entity.AnnotationSourceLocation] = "url:" + project + "/-/tree/" + f.Branch + "/" + folder
	return notes
}

// replaceScripts takes script URLs out of the annotations that frontends make links of.
func replaceScripts(notes map[string]any) {
	for _, name := range []string{entity.AnnotationViewURL, entity.AnnotationEditURL} {
		if isScript(notes[name]) {
			notes[name] = "about:blank"
		}
	}
}

func isScript(note any) bool {
	url, _ := note.(string)
	return scriptURL.MatchString(url)
}

// scriptURL finds a script as browsers do: they drop control characters and blanks in front
// of the scheme, and tabs and line breaks within it (https://url.spec.whatwg.org, §4.4).
var scriptURL = lazyregexp.New(`(?i)^[\x00-\x20]*` + strings.Join(strings.Split("javascript:", ""), `[\t\n\r]*`))
