package asl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

const maxNesting = 200 // of arrays and objects in a definition

// decode reads one JSON value with numbers kept as they are written.
func decode(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one JSON value")
	}
	return v, nil
}

// decodeStrict reads a definition: one JSON value without duplicate keys, because the
// second of two states of the same name would silently win.
func decodeStrict(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := strictValue(d, "", 0)
	if err == nil {
		if _, end := d.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("there is something behind the definition")
		}
	}
	if err != nil {
		line, column := position(data, d.InputOffset())
		return nil, errs.Wrap(errs.Invalid, fmt.Sprintf("the definition is not valid JSON at line %d, column %d: %s", line, column, err), err)
	}
	return v, nil
}

func strictValue(d *json.Decoder, pointer string, depth int) (any, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("more than %d levels of nesting", maxNesting)
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		return strictObject(d, pointer, depth)
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := strictValue(d, fmt.Sprintf("%s/%d", pointer, len(list)), depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	}
	return t, nil
}

func strictObject(d *json.Decoder, pointer string, depth int) (any, error) {
	object := map[string]any{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, ok := t.(string)
		if !ok {
			return nil, errors.New("a key is not a string")
		}
		if _, twice := object[key]; twice {
			return nil, fmt.Errorf("%s/%s is there twice", pointer, key)
		}
		if object[key], err = strictValue(d, pointer+"/"+key, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return object, err
}

// position gives the line and column, both from 1, of a byte offset.
func position(data []byte, offset int64) (line, column int) {
	before := data[:min(int(offset), len(data))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}

var placeholder = regexp.MustCompile(`\$\{[A-Za-z0-9_]+\}`)

// substitute replaces ${Name} in all strings of a definition, as SAM's
// DefinitionSubstitutions do at deployment, and reports the names it has no value for.
func substitute(v any, values map[string]string, pointer string, missing func(pointer, name string)) any {
	switch v := v.(type) {
	case string:
		return placeholder.ReplaceAllStringFunc(v, func(match string) string {
			name := match[2 : len(match)-1]
			value, ok := values[name]
			if !ok {
				missing(pointer, name)
			}
			return value
		})
	case []any:
		for i := range v {
			v[i] = substitute(v[i], values, fmt.Sprintf("%s/%d", pointer, i), missing)
		}
	case map[string]any:
		for k := range v {
			v[k] = substitute(v[k], values, pointer+"/"+k, missing)
		}
	}
	return v
}
