// Package webhooks owns what GitLab tells us: it proves that a delivery comes from the
// GitLab we know, reads the few fields we use, and keeps the news as an event, exactly
// once per delivery. A webhook is a hint: consumers re-read the truth from GitLab.
//
// It does not act on events (their consumers do) and knows no HTTP: httpapi/webhooks.go
// turns requests into deliveries. It stores a record per delivery for two weeks and the
// event in the outbox, in one transaction.
//
// Flow: Receiver.Receive → verify (verify.go: signature or token over the raw body) →
// parse (parse.go: tolerant, into the structs of events.go) → deduplicate and store
// (receiver.go) → Outcome.
//
// Facts about deliveries are from GitLab's app/services/web_hook_service.rb and its page
// "Webhook events"; the signature is that of https://www.standardwebhooks.com.
package webhooks
