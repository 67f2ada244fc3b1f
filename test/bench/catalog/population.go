package main

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

// population is what requests can ask for. It is taken while filling, so that a process that
// is measured need not make up the whole crowd again.
type population struct {
	Refs   []string // some of all
	Names  []string // some of the components'
	Groups []string
	Common string // the word that most components have in name or title
	Last   int64  // number of the last change
}

// sample is how many refs and names a population keeps.
const sample = 4000

// census takes a population.
type census struct {
	population
	every, seen int
	words       map[string]int
}

func newCensus(n int) *census { return &census{every: max(1, n/sample), words: map[string]int{}} }

func (c *census) add(e entity.Entity) {
	c.seen++
	kept := c.seen%c.every == 0
	if kept {
		c.Refs = append(c.Refs, e.Ref().String())
	}
	switch strings.ToLower(e.Kind) {
	case "component":
		if kept {
			c.Names = append(c.Names, e.Name())
		}
		title, _ := e.Metadata["title"].(string)
		c.count(e.Name() + " " + title)
	case "group":
		c.Groups = append(c.Groups, e.Ref().String())
	}
}

// count counts the words of a text, each once.
func (c *census) count(text string) {
	seen := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r < 'a' || r > 'z' }) {
		if len(w) > 2 && !seen[w] {
			c.words[w]++
			seen[w] = true
		}
	}
}

func populationFile(dir string) string { return filepath.Join(dir, "population.json") }

func (c *census) keep(dir string) error {
	for w, n := range c.words {
		if most := c.words[c.Common]; n > most || n == most && w < c.Common {
			c.Common = w
		}
	}
	body, err := json.Marshal(c.population)
	if err != nil {
		return err
	}
	return os.WriteFile(populationFile(dir), body, 0o600)
}

func readPopulation(dir string) (p population, err error) {
	body, err := os.ReadFile(populationFile(dir))
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal(body, &p)
}

func (p population) pick(r *rand.Rand) string { return p.Refs[r.IntN(len(p.Refs))] }

// rare gives the end of a random name.
func (p population) rare(r *rand.Rand) string {
	name := p.Names[r.IntN(len(p.Names))]
	return name[max(0, len(name)-9):]
}
