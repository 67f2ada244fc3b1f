package main

import (
	"context"
	"fmt"
	"time"

	"github.com/slipwayhq/slipway/shared/operations"
)

// publishStep is the step that ends when the repository is committed and has its hook.
const publishStep = "template/publish"

// skeleton runs the template with the large skeleton, one operation after another.
func skeleton(ctx context.Context, s settings, w *world) ([]figure, error) {
	progress("publishing %d files", skeletonFiles)
	var committed, ended []time.Duration
	parts := map[string][]time.Duration{}
	for i := range s.times(10) {
		asked := time.Now()
		accepted, err := w.ask(ctx, largeTemplate, fmt.Sprintf("large-%d", i))
		if err != nil {
			return nil, err
		}
		o, _, err := w.finish(ctx, accepted.ID)
		if err != nil {
			return nil, err
		}
		committed = append(committed, o.Step(publishStep).Ended.Sub(asked))
		ended = append(ended, time.Since(asked))
		for _, step := range o.Steps {
			parts[step.ID] = append(parts[step.ID], took(step))
		}
	}
	list := []figure{
		{name: fmt.Sprintf("%d files, asked for to committed, median", skeletonFiles), unit: "ms", limit: 1500, got: ms(median(committed))},
		{name: "… to the operation's end", unit: "ms", got: ms(median(ended))},
	}
	for _, id := range []string{"resolve", "plan", "template/fetch", publishStep, "catalog"} {
		list = append(list, figure{name: "… step " + id, unit: "ms", got: ms(median(parts[id]))})
	}
	return list, nil
}

func took(s operations.Step) time.Duration {
	if s.Ended == nil {
		return 0
	}
	return s.Ended.Sub(s.Started)
}
