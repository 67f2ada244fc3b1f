package crowd

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

// The vocabulary of the crowd.
var (
	subjects = strings.Fields(`account address audit balance basket billing booking budget calendar campaign card catalog
		checkout claim contract coupon credit customer delivery device discount document fleet forecast fraud identity
		inventory invoice label ledger loan location loyalty mail market media message meter network notification offer
		order parcel partner payment payroll plan policy price product profile quote rating receipt refund report
		reservation return review route sales schedule search session settlement shipment shop stock subscription supplier
		survey tax ticket tracking trade transfer vehicle vendor voucher wallet warehouse workflow`)
	roles = strings.Fields(`adapter api archive backend batch bridge broker cache collector console consumer dashboard
		exporter frontend gateway importer indexer job library listener monitor pipeline portal processor proxy publisher
		registry router runner scheduler service store stream sync worker`)
	verbs = strings.Fields(`accepts aggregates archives calculates checks collects converts delivers distributes enriches
		exposes forwards handles keeps manages merges notifies prepares publishes reads reconciles records renders routes
		stores streams synchronizes tracks transforms validates watches`)
	places     = strings.Fields(`austria brazil canada denmark europe finland france germany ireland italy japan norway poland spain sweden worldwide`)
	lifecycles = []string{"production", "production", "production", "production", "experimental", "deprecated", "Production"}
	types      = []string{"service", "service", "service", "website", "library", "cronjob", "function", "mobile-app", "documentation", "ml-model"}
	tags       = everyTag()
)

// everyTag gives the 142 tags in use.
func everyTag() []string {
	out := strings.Fields(`go java python typescript kotlin rust grpc rest graphql kafka postgres redis s3 lambda ecs eks terraform react angular vue spring pci`)
	for i := range 120 {
		out = append(out, fmt.Sprintf("%s-%s", subjects[i%len(subjects)], roles[i%len(roles)]))
	}
	return out
}

// about gives the words of the i-th entity of a kind; together they are unique.
func about(kind string, i int) string {
	subject, role := subjects[i%len(subjects)], roles[i/len(subjects)%len(roles)]
	switch kind {
	case "Group":
		return fmt.Sprintf("team %s %d", subject, i)
	case "User":
		return fmt.Sprintf("%s %s %d", places[i%len(places)], subject, i)
	}
	return fmt.Sprintf("%s %s %d", subject, role, i)
}

// name gives the metadata.name of the i-th entity of a kind.
func name(kind string, i int) string {
	n := strings.ReplaceAll(about(kind, i), " ", "-")
	switch kind {
	case "Domain", "System", "Template":
		return n + "-" + strings.ToLower(kind)
	}
	return n
}

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// skewed draws from n with the small numbers more often than the large ones.
func skewed(r *rand.Rand, n int) int {
	f := r.Float64()
	return int(f * f * float64(n))
}

func (p person) owner() string  { return "group:" + name("Group", skewed(p.draw, p.groups)) }
func (p person) system() string { return name("System", p.draw.IntN(p.systems)) }

// some names up to most entities of a kind that has count.
func (p person) some(kind string, count, most int, prefix string) []any {
	out := []any{}
	for range p.draw.IntN(most + 1) {
		if ref := prefix + name(kind, p.draw.IntN(max(1, count))); count > 0 && !has(out, ref) {
			out = append(out, ref)
		}
	}
	return out
}

func has(list []any, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// describe gives what a descriptor says.
func (p person) describe() entity.Entity {
	e := entity.Entity{APIVersion: "backstage.io/v1alpha1", Kind: p.kind, Metadata: p.metadata()}
	switch p.kind {
	case "Group":
		e.Spec = map[string]any{"type": "team", "children": []any{}, "profile": p.profile()}
		if p.i > 0 {
			e.Spec["parent"] = name("Group", p.i/8)
		}
	case "User":
		e.Spec = map[string]any{"profile": p.profile(), "memberOf": []any{name("Group", skewed(p.draw, p.groups))}}
	case "Domain":
		e.Spec = map[string]any{"owner": p.owner()}
	case "System":
		e.Spec = map[string]any{"owner": p.owner(), "domain": name("Domain", p.i%p.domains)}
	case "Template":
		e.APIVersion = "scaffolder.backstage.io/v1beta3"
		e.Spec = map[string]any{"owner": p.owner(), "type": "service",
			"steps": []any{map[string]any{"id": "fetch", "action": "fetch:template", "input": map[string]any{"url": "./skeleton"}}}}
	case "Resource":
		e.Spec = map[string]any{"type": pick(p.draw, []string{"database", "s3-bucket", "queue", "topic"}), "owner": p.owner(), "system": p.system()}
	case "API":
		e.Spec = map[string]any{"type": pick(p.draw, []string{"openapi", "grpc", "graphql", "asyncapi"}), "lifecycle": pick(p.draw, lifecycles),
			"owner": p.owner(), "system": p.system(), "definition": p.definition()}
	default:
		e.Spec = map[string]any{"type": pick(p.draw, types), "lifecycle": pick(p.draw, lifecycles), "owner": p.owner(), "system": p.system(),
			"providesApis": p.some("API", p.apis, 2, ""), "consumesApis": p.some("API", p.apis, 2, ""),
			"dependsOn": p.some("Resource", p.resources, 2, "resource:")}
	}
	return e
}

func (p person) profile() map[string]any {
	return map[string]any{"displayName": title(p.about), "email": name(p.kind, p.i) + "@example.com",
		"picture": "https://people.example.com/pictures/" + name(p.kind, p.i) + ".png"}
}

// definition gives an interface's definition, longer than what can be searched for.
func (p person) definition() string {
	return fmt.Sprintf("openapi: 3.1.0\ninfo: {title: %s, version: 1.%d.0}\npaths:\n", title(p.about), p.i%40) +
		strings.Repeat(fmt.Sprintf("  /%s/{id}:\n    get: {responses: {'200': {description: One %s}}}\n", p.about, p.about), 4)
}

// title writes the words with capitals.
func title(words string) string {
	parts := strings.Fields(words)
	for i, w := range parts {
		parts[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(parts, " ")
}

func (p person) sentence() string {
	r := p.draw
	return fmt.Sprintf("The %s %s %s %s and %s, then %s the %s %s in %s.", strings.Fields(p.about)[0], pick(r, roles),
		pick(r, verbs), pick(r, subjects), pick(r, subjects), pick(r, verbs), pick(r, subjects), pick(r, roles), pick(r, places))
}
