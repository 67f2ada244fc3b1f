// Package hooks owns the webhooks of the embedded GitLab: who gets which event, the
// payloads, the delivery with GitLab's headers and signature, the log of what was sent, and
// switching off hooks that keep failing.
//
// Flow: whoever makes an event true calls Enqueue in the same transaction; Run takes the
// queue and makes each call once, with a timeout and no second attempt on failure. A call
// that a kill interrupted is made again with the same Idempotency-Key. Order is not
// promised, as in GitLab.
//
// Protocol: https://docs.gitlab.com/user/project/integrations/webhooks/ and
// https://www.standardwebhooks.com for the signature.
package hooks
