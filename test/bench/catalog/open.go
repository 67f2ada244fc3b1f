package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/table"
)

// opened is what a fresh instance takes to answer.
type opened struct {
	CPUMs   float64 // of the first question, which opens the snapshot
	WallMs  float64
	RSSMiB  float64 // resident after it
	UsedMiB float64 // resident after some requests of every sort
	PeakMiB float64 // at its highest
}

// open opens the kept snapshot with a log that has nothing newer: a table of its own, because
// a local file of tables is checked as a whole when it is opened, which DynamoDB is not.
func open(ctx context.Context, st stage) (opened, error) {
	var o opened
	p, err := readPopulation(st.Dir)
	if err != nil {
		return o, err
	}
	own := filepath.Join(st.Dir, fmt.Sprintf("open-%d", os.Getpid()))
	defer os.RemoveAll(own)
	if err := os.MkdirAll(own, 0o700); err != nil {
		return o, err
	}
	d := &data{blobDir: filepath.Join(st.Dir, "blobs")}
	if err := d.open(filepath.Join(own, "catalog.db")); err != nil {
		return o, err
	}
	defer d.close()
	if err := d.end(ctx, p.Last); err != nil {
		return o, err
	}
	i, err := d.instance()
	if err != nil {
		return o, err
	}
	stop, err := st.profile(fmt.Sprintf("open %d", os.Getpid()))
	if err != nil {
		return o, err
	}
	began, cpu := time.Now(), cpuTime(processClock)
	if _, err := i.view.ByRef(ctx, p.Refs[0]); err != nil {
		return o, err
	}
	o.CPUMs, o.WallMs = ms(cpuTime(processClock)-cpu), ms(time.Since(began))
	stop()
	if o.RSSMiB, err = residentMiB("VmRSS"); err != nil {
		return o, err
	}
	if err := i.useAll(ctx, p); err != nil {
		return o, err
	}
	if o.UsedMiB, err = residentMiB("VmRSS"); err != nil {
		return o, err
	}
	o.PeakMiB, err = residentMiB("VmHWM")
	return o, err
}

// end makes the log of an empty table end where the snapshot stands: a snapshot from after
// the end of the log is not used.
func (d *data) end(ctx context.Context, seq int64) error {
	item, err := changelog.Encode(table.Key{PK: "LOG#HEAD", SK: "HEAD"}, map[string]any{"seq": seq, "time": time.Now()})
	if err != nil {
		return err
	}
	_, err = d.table.Put(ctx, item, table.Absent)
	return err
}

// uses is how many requests of each sort an instance answers before its memory is looked at.
const uses = 20

func (i *instance) useAll(ctx context.Context, p population) error {
	chance := rand.New(rand.NewPCG(seed, seed))
	token := i.issuer.Issue(nil)
	for _, s := range sorts(p) {
		if s.share > 0 {
			continue // an answer of megabytes would be all that is seen
		}
		for range uses {
			if _, err := i.call(ctx, s.ask(chance).event(token)); err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
		}
	}
	return nil
}
