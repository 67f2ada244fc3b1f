package catalogfn

// GCPercent is what a process that has only this zone sets for the garbage collector (GOGC).
// Its memory is the index: a few large pieces without pointers, which cost nothing to mark.
// Letting the heap double before collecting would cost as much memory again for no time saved.
const GCPercent = 20
