package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// trivial runs two steps that do nothing, one operation after another.
func trivial(ctx context.Context, s settings, w *world) ([]figure, error) {
	progress("running two trivial steps")
	var whole, lags []time.Duration
	for i := range s.times(100) {
		asked := time.Now()
		accepted, err := w.ask(ctx, trivialTemplate, fmt.Sprintf("trivial-%d", i))
		if err != nil {
			return nil, err
		}
		_, lag, err := w.finish(ctx, accepted.ID)
		if err != nil {
			return nil, err
		}
		whole, lags = append(whole, time.Since(asked)), append(lags, lag)
	}
	return []figure{
		{name: "two trivial steps, created to completed, median", unit: "ms", limit: 25, got: ms(median(whole))},
		{name: "completion to an open stream, median", unit: "ms", limit: 50, got: ms(median(lags))},
		{name: "… the slowest", unit: "ms", got: ms(slowest(lags))},
	}, nil
}

// crowdSize is how many operations are asked for at once.
const crowdSize = 50

// crowd asks for many operations at once and waits for the last of them.
func crowd(ctx context.Context, s settings, w *world) ([]figure, error) {
	progress("running %d tasks at once", crowdSize)
	var rates []time.Duration
	for round := range s.times(5) {
		start := time.Now()
		problems := make([]error, crowdSize)
		var wg sync.WaitGroup
		for i := range crowdSize {
			wg.Go(func() {
				o, err := w.ask(ctx, trivialTemplate, fmt.Sprintf("crowd-%d-%d", round, i))
				if err == nil {
					_, _, err = w.finish(ctx, o.ID)
				}
				problems[i] = err
			})
		}
		wg.Wait()
		for _, err := range problems {
			if err != nil {
				return nil, err
			}
		}
		rates = append(rates, time.Since(start))
	}
	rate := crowdSize / median(rates).Seconds()
	return []figure{{name: fmt.Sprintf("tasks of two trivial steps, %d at once, median", crowdSize), unit: "/s", limit: 60, least: true, got: rate}}, nil
}
