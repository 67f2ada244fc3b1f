// Package crowd makes up catalogs of any size for tests and benchmarks: entities the way a
// portal of some thousand repositories has them, about 2 KB of JSON and 29 or more search rows
// each, most of them Components, owned by up to 200 groups, sharing 142 tags, each with URLs
// that no other entity has.
//
// It owns the shape of the crowd alone. The same n and seed give the same entities on every
// machine; relations lead to entities of the same crowd.
package crowd

import (
	"fmt"
	"iter"
	"math/rand/v2"

	"go.yaml.in/yaml/v4"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

// Entities gives n entities as the catalog stores them: with metadata.uid and the annotations
// of ingestion, without metadata.etag and relations.
func Entities(n int, seed uint64) iter.Seq[entity.Entity] {
	return func(yield func(entity.Entity) bool) {
		c := newCensus(n)
		for i := range n {
			who := c.person(i, seed)
			e := who.describe()
			who.ingest(e)
			if !yield(e) {
				return
			}
		}
	}
}

// Descriptors gives the same entities as the YAML documents they are read from.
func Descriptors(n int, seed uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		c := newCensus(n)
		for i := range n {
			body, err := c.person(i, seed).yaml()
			if !yield(body, err) {
				return
			}
		}
	}
}

func (p person) yaml() ([]byte, error) {
	e := p.describe()
	body, err := yaml.Marshal(map[string]any{"apiVersion": e.APIVersion, "kind": e.Kind, "metadata": e.Metadata, "spec": e.Spec})
	if err != nil {
		return nil, fmt.Errorf("writing the descriptor of %s: %w", e.Ref(), err)
	}
	return body, nil
}

// census says how many of each kind there are.
type census struct {
	n                                                                       int
	groups, domains, systems, templates, users, resources, apis, components int
}

func newCensus(n int) census {
	c := census{n: n, groups: min(200, n/50+1), domains: n/500 + 1, systems: n/50 + 1, templates: n / 1000,
		users: n / 20, resources: n * 6 / 100, apis: n * 16 / 100}
	c.components = n - c.groups - c.domains - c.systems - c.templates - c.users - c.resources - c.apis
	return c
}

// person is one entity to be: the number within its kind, and its own source of chance.
type person struct {
	census
	kind  string
	i     int // within its kind
	at    int // in the crowd
	seed  uint64
	draw  *rand.Rand
	about string // the words its name is made of
}

// stride spreads the kinds over the sequence; it is prime, so every number is met once.
const stride = 1_000_003

func (c census) person(i int, seed uint64) person {
	k := int(uint64(i) * stride % uint64(c.n))
	p := person{census: c, at: i, seed: seed}
	for _, part := range []struct {
		kind  string
		count int
	}{
		{"Group", c.groups}, {"Domain", c.domains}, {"System", c.systems}, {"Template", c.templates},
		{"User", c.users}, {"Resource", c.resources}, {"API", c.apis}, {"Component", c.components},
	} {
		if k < part.count {
			p.kind, p.i = part.kind, k
			break
		}
		k -= part.count
	}
	p.draw = rand.New(rand.NewPCG(seed, uint64(i)))
	p.about = about(p.kind, p.i)
	return p
}
