package draft07

import (
	_ "embed"
	"encoding/json"
	"errors"
	"sync"
)

// meta is the meta-schema http://json-schema.org/draft-07/schema, without what holds no value
// against anything.
//
//go:embed meta.json
var meta []byte

// metaschema is compiled when the first schema is.
var metaschema = sync.OnceValue(func() *Schema {
	var document any
	if err := json.Unmarshal(meta, &document); err != nil {
		panic(err) // it is part of the program
	}
	c := newCompiler(Config{Schema: document, Pattern: func(string) (Pattern, error) { return nil, errNoPatterns }})
	s, err := c.schema()
	if err != nil {
		panic(err)
	}
	return s
})

var errNoPatterns = errors.New("the meta-schema has no patterns")
