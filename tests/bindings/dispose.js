// SPDX-License-Identifier: LGPL-2.1-or-later
// Imported before the library: so that it finds the symbol of a newer JavaScript.

if (!Symbol.dispose)
    Object.defineProperty(Symbol, 'dispose', {value: Symbol('Symbol.dispose')});
