package crowd

import (
	"fmt"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

// metadata gives what a descriptor says about the entity itself.
func (p person) metadata() map[string]any {
	n := name(p.kind, p.i)
	var list []any
	for range 1 + p.draw.IntN(4) {
		if tag := tags[skewed(p.draw, len(tags))]; !has(list, tag) {
			list = append(list, tag)
		}
	}
	return map[string]any{
		"name": n, "title": title(p.about), "description": p.sentence(), "tags": list,
		"labels": map[string]any{"tier": fmt.Sprint(1 + p.draw.IntN(4)), "cost-center": fmt.Sprintf("cc-%d", 1000+p.draw.IntN(60)),
			"example.com/region": pick(p.draw, places)},
		"annotations": map[string]any{
			"example.com/runbook":              "https://runbooks.example.com/" + pick(p.draw, roles) + "/operations/README.html",
			"grafana/dashboard-selector":       "https://grafana.example.com/d/" + pick(p.draw, types) + "/overview?orgId=1&refresh=30s",
			"backstage.io/techdocs-ref":        "dir:.",
			"example.com/on-call-rotation":     fmt.Sprintf("rotation-%d", p.draw.IntN(80)),
			"example.com/data-classification":  pick(p.draw, []string{"public", "internal", "confidential"}),
			"example.com/provisioned-by":       "platform-templates/golden-path",
			"sonarqube.org/project-visibility": "private",
		},
		"links": []any{
			map[string]any{"url": "https://" + n + ".example.com/", "title": "Production", "icon": "web", "type": "website"},
			map[string]any{"url": "https://chat.example.com/channels/" + pick(p.draw, subjects), "title": "Chat", "icon": "chat"},
		},
	}
}

// project gives the repository that the entity comes from.
func (p person) project() string {
	return fmt.Sprintf("%s/%s/%s", pick(p.draw, subjects), strings.ToLower(p.kind)+"s", name(p.kind, p.i))
}

// ingest adds what reading a descriptor adds.
func (p person) ingest(e entity.Entity) {
	base := "https://gitlab.example.com/" + p.project()
	at := base + "/-/blob/main/catalog-info.yaml"
	notes := e.Metadata["annotations"].(map[string]any)
	for key, value := range map[string]string{
		entity.AnnotationLocation:       "url:" + at,
		entity.AnnotationOriginLocation: "url:https://gitlab.example.com/platform/catalog/-/blob/main/all.yaml",
		entity.AnnotationSourceLocation: "url:" + base + "/-/tree/main/",
		entity.AnnotationViewURL:        at,
		entity.AnnotationEditURL:        base + "/-/edit/main/catalog-info.yaml",
		entity.AnnotationProjectSlug:    strings.TrimPrefix(base, "https://gitlab.example.com/"),
		entity.AnnotationInstance:       "gitlab.example.com",
	} {
		notes[key] = value
	}
	// As version 7 of RFC 9562 has it: a time, here of an entity every other second, and chance.
	const begin, each = 1_760_000_000_000, 2_000 // ms
	at48, b := uint64(begin+each*p.at), p.draw.Uint64()
	e.Metadata["uid"] = fmt.Sprintf("%08x-%04x-7%03x-%04x-%012x", at48>>16, at48&0xffff, b>>52, 0x8000|p.draw.Uint64()>>50, b&0xffffffffffff)
}
