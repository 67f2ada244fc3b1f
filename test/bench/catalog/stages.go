package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
)

// stage is a part of the benchmark that has a process to itself.
type stage struct {
	Name     string
	Dir      string
	Shape    string // of what is ingested
	Entities int
	Requests int
	Profiles string // directory for CPU profiles, "" for none
}

func (st stage) with(entities int, dir string) stage {
	st.Entities, st.Dir = entities, dir
	return st
}

// child runs a stage in a process of its own and reads what it found.
func (st stage) child(ctx context.Context, name string, into any) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, "-stage", name, "-stage-dir", st.Dir, "-stage-shape", st.Shape,
		"-stage-entities", strconv.Itoa(st.Entities), "-requests", strconv.Itoa(st.Requests), "-profiles", st.Profiles)
	var found bytes.Buffer
	cmd.Stdout, cmd.Stderr = &found, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("stage %s: %w", name, err)
	}
	if err := json.Unmarshal(found.Bytes(), into); err != nil {
		return fmt.Errorf("reading what stage %s found: %w", name, err)
	}
	return nil
}

// run is the stage within its process.
func (st stage) run(ctx context.Context, out io.Writer) error {
	var found any
	var err error
	switch st.Name {
	case "fill":
		found, err = fill(ctx, st)
	case "measure":
		found, err = measure(ctx, st)
	case "open":
		found, err = open(ctx, st)
	case "ingest":
		found, err = ingest(ctx, st)
	default:
		err = fmt.Errorf("there is no stage %q", st.Name)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(found)
}
