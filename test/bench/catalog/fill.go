package main

import (
	"context"
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/catalog/catalogtest/crowd"
	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/entity"
)

// seed makes every run fill in the same entities.
const seed = 4

// filled says what filling took.
type filled struct {
	Entities      int
	Written       float64 // seconds until all were committed
	Indexed       float64 // seconds until the first answer and the snapshot, from the stored entities
	SnapshotBytes int64
	JSONBytes     int // of one entity, on average
}

// fill writes the crowd through the change log, in full transactions, and keeps a snapshot.
func fill(ctx context.Context, st stage) (filled, error) {
	d, err := openData(st.Dir)
	if err != nil {
		return filled{}, err
	}
	defer d.close()
	began := time.Now()
	f, people := filled{Entities: st.Entities}, newCensus(st.Entities)
	var batch []changelog.Intent
	flush := func() error {
		_, err := d.log.Apply(ctx, batch, nil)
		batch = batch[:0]
		return err
	}
	for e := range crowd.Entities(st.Entities, seed) {
		e = e.Without("uid") // the log gives its own
		body, err := entity.Canonical(e)
		if err != nil {
			return f, err
		}
		f.JSONBytes += len(body)
		people.add(e)
		origin := changelog.Origin{Owner: "url:" + e.Annotation(entity.AnnotationOriginLocation)}
		batch = append(batch, changelog.Intent{Ref: e.Ref().String(), Wish: changelog.Keep, Entity: &e, Origin: origin})
		if len(batch) < changelog.MaxIntents {
			continue
		}
		if err := flush(); err != nil {
			return f, err
		}
	}
	if err := flush(); err != nil {
		return f, err
	}
	f.JSONBytes /= st.Entities
	if people.Last, err = d.log.Head(ctx); err != nil {
		return f, err
	}
	if err := people.keep(st.Dir); err != nil {
		return f, err
	}
	f.Written = time.Since(began).Seconds()
	began = time.Now()
	z, err := d.zone()
	if err != nil {
		return f, err
	}
	if wrote, err := z.View.Compact(ctx); err != nil || !wrote {
		return f, fmt.Errorf("keeping a snapshot: written is %v: %w", wrote, err)
	}
	f.Indexed = time.Since(began).Seconds()
	f.SnapshotBytes, err = bytesBelow(d.blobDir)
	return f, err
}
