"""The changes to the bundled Lean's JavaScript glue, as plain text in, plain text out.

The glue is Emscripten's, made for one page in a browser. As published, it takes two minutes to start, cannot wait on a
pipe, and sees two fixed folders of the host. Each change below says what it mends. Each must match exactly, so that
another glue is refused instead of half changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lean_env.errors import BundleError

VERSION = 4
"""To be raised with every change below: it is part of the patched file's name."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A piece of text that occurs exactly once, and what stands there instead."""

    why: str
    old: str
    new: str


REPLACEMENTS = (
    Replacement(
        "what V8 has compiled before is loaded from LEAN_WASM_CODE, if it fits, and saved at the end to LEAN_WASM_SAVE",
        "var instance=await WebAssembly.instantiate(binary,imports);return instance}catch(reason)",
        'var native=(n,a)=>new Function(...a,"return %"+n+"("+a+")"),code=process.env.LEAN_WASM_CODE,'
        "save=process.env.LEAN_WASM_SAVE,module;"
        "try{if(code)module=native('DeserializeWasmModule',['c','w'])(new Uint8Array(fs.readFileSync(code)).buffer,"
        "binary)}catch{}"
        "if(!module)module=await WebAssembly.compile(binary);"
        "if(save)process.on('exit',()=>fs.writeFileSync(save,"
        "new Uint8Array(native('SerializeWasmModule',['m'])(module))));"
        "return{module,instance:await WebAssembly.instantiate(module,imports)}}catch(reason)",
    ),
    Replacement(
        "a read of standard input returns what has come instead of waiting for more: nothing, once after each chunk",
        "var FS_stdin_getChar=()=>{if(!FS_stdin_getChar_buffer.length){var result=null;",
        "var __served=false;var FS_stdin_getChar=()=>{if(!FS_stdin_getChar_buffer.length){"
        "if(__served){__served=false;return null}__served=true;var result=null;",
    ),
    Replacement(
        "standard input is descriptor 0: asking for `process.stdin` would make the pipe non-blocking",
        "var BUFSIZE=256;var buf=Buffer.alloc(BUFSIZE);var bytesRead=0;var fd=process.stdin.fd;",
        "var BUFSIZE=65536;var buf=Buffer.alloc(BUFSIZE);var bytesRead=0;var fd=0;",
    ),
    Replacement(
        "a line is written to its end, however long it is: a pipe takes 64 KB at a time, and the rest was lost",
        'defaultPrint=(...args)=>fs.writeSync(1,args.map(stringify).join(" ")+"\\n");'
        'defaultPrintErr=(...args)=>fs.writeSync(2,args.map(stringify).join(" ")+"\\n")',
        'var asLine=args=>Buffer.from(args.map(stringify).join(" ")+"\\n");'
        "defaultPrint=(...args)=>writeAll(1,asLine(args));defaultPrintErr=(...args)=>writeAll(2,asLine(args))",
    ),
    Replacement(
        "what that uses: a pipe that is full is tried again",
        "var defaultPrint=console.log.bind(console);",
        "var writeAll=(fd,b)=>{for(var i=0;i<b.length;){try{i+=fs.writeSync(fd,b,i)}catch(e){"
        'if(e.code!=="EAGAIN")throw e;Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0,1)}}};'
        "var defaultPrint=console.log.bind(console);",
    ),
    Replacement(
        "a thread writes to standard output itself: asking the main thread to do it costs a millisecond",
        "function _fd_write(fd,iov,iovcnt,pnum){if(ENVIRONMENT_IS_PTHREAD)return",
        "function _fd_write(fd,iov,iovcnt,pnum){if(ENVIRONMENT_IS_PTHREAD&&(fd===1||fd===2)){growMemViews();"
        "for(var b=[],n=0,i=0;i<iovcnt;i++){var p=HEAPU32[(iov>>2)+2*i],l=HEAPU32[(iov>>2)+2*i+1];"
        "b.push(HEAPU8.slice(p,p+l));n+=l}writeAll(fd,Buffer.concat(b));HEAPU32[pnum>>2]=n;return 0}"
        "if(ENVIRONMENT_IS_PTHREAD)return",
    ),
    Replacement(
        "a thread also reads standard input itself",
        "function _fd_read(fd,iov,iovcnt,pnum){if(ENVIRONMENT_IS_PTHREAD)return",
        "function _fd_read(fd,iov,iovcnt,pnum){if(ENVIRONMENT_IS_PTHREAD&&fd===0){growMemViews();"
        "for(var v=[],n=0,i=0;i<iovcnt;i++){var l=HEAPU32[(iov>>2)+2*i+1];v.push([HEAPU32[(iov>>2)+2*i],l]);n+=l}"
        "var b=Buffer.alloc(Math.min(n,65536)),k=-1,d=0;"
        "while(k<0){try{k=fs.readSync(0,b,0,b.length)}catch(e){"
        'if(e.code==="EOF")k=0;else if(e.code!=="EAGAIN")throw e;'
        "else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0,1)}}growMemViews();"
        "for(var[p,l]of v){l=Math.min(l,k-d);HEAPU8.set(b.subarray(d,d+l),p);d+=l}HEAPU32[pnum>>2]=k;return 0}"
        "if(ENVIRONMENT_IS_PTHREAD)return",
    ),
    Replacement(
        "the places of the symbols (`bundled_slim`) are read once, into memory that all threads share",
        "var GOT={};var GOTHandler=",
        "var SYMS=ENVIRONMENT_IS_PTHREAD?worker_threads.workerData.syms:(()=>{"
        'var f=fs.openSync(locateFile("lean.sym")),n=fs.fstatSync(f).size,s=new SharedArrayBuffer(n+3&-4),'
        "u=new Uint8Array(s);for(var i=0;i<n;)i+=fs.readSync(f,u,i,n-i);fs.closeSync(f);return s})();"
        "var SYM8=new Uint8Array(SYMS),SYM32=new Uint32Array(SYMS);"
        "var symFind=(h,p)=>{var n=SYM32[0],lo=0,hi=n;while(lo<hi){var m=lo+hi>>1,q=SYM32[1+m],i=0,c,d;"
        "do{c=h[p+i];d=SYM8[q+i];i++}while(c===d&&c);if(c===d)return SYM32[1+n+m];if(c<d)hi=m;else lo=m+1}return 0};"
        'var symOf=name=>symFind(new TextEncoder().encode(name+"\\0"),0);'
        "var GOT={};var GOTHandler=",
    ),
    Replacement(
        "a symbol is looked up there, not by a linear search through 200,000 names (110 s at the start)",
        "var __dlsym_js=(handle,symbol,symbolIndex)=>{symbol=UTF8ToString(symbol);",
        "var __dlsym_js=(handle,symbol,symbolIndex)=>{"
        "if(!handle){var at=symFind((growMemViews(),HEAPU8),symbol);if(at)return at}symbol=UTF8ToString(symbol);",
    ),
    Replacement(
        "a function that the module needs the address of has its place already",
        'if(typeof value=="function"){newValue=addFunction(value)}',
        'if(typeof value=="function"){newValue=symOf(symName)||addFunction(value)}',
    ),
    Replacement(
        "the same where its signature is known",
        'if(typeof value=="function"){entry.value=addFunction(value,value.sig)}',
        'if(typeof value=="function"){entry.value=symOf(symName)||addFunction(value,value.sig)}',
    ),
    Replacement(
        "the table's 200,000 functions need not be remembered: only JavaScript's are added from here on",
        "functionsInTableMap=new WeakMap;updateTableMap(0,wasmTable.length)}",
        "functionsInTableMap=new WeakMap}",
    ),
    Replacement(
        "a thread is known by a field, since it is given the symbols as well",
        'worker_threads["workerData"]=="em-pthread"',
        'worker_threads["workerData"]?.name=="em-pthread"',
    ),
    Replacement(
        "the number of threads made in advance comes from LEAN_WASM_POOL; each costs 200 MB",
        "var pthreadPoolSize=4;",
        "var pthreadPoolSize=+(process.env.LEAN_WASM_POOL||4);",
    ),
    Replacement(
        "the threads' stack, in MB, comes from LEAN_WASM_STACK_MB; Node's own 4 MB overflow in deep recursion",
        '{workerData:"em-pthread",name:"em-pthread"}',
        '{workerData:{name:"em-pthread",syms:SYMS},name:"em-pthread",'
        "resourceLimits:{stackSizeMb:+(process.env.LEAN_WASM_STACK_MB||64)}}",
    ),
    Replacement(
        "the numbers of the flags come from where Node's permission model lets them be read",
        'process.binding("constants")',
        "{fs:fs.constants}",
    ),
    Replacement(
        "the folders that Lean sees come from LEAN_WASM_MOUNTS, as JSON: [[host, guest, 'ro' or 'rw'], ...]; writing "
        "to a read-only one fails with EROFS (69); LEAN_WASM_CWD is the guest folder that Lean starts in",
        'FS.mount(NODEFS,{root:"/home"},"/home");FS.mount(NODEFS,{root:"/tmp"},"/tmp");var cwd=process.cwd();'
        'if(cwd.startsWith("/private/tmp/")){cwd=cwd.replace("/private/tmp/","/tmp/")}'
        'else if(cwd==="/private/tmp"){cwd="/tmp"}FS.chdir(cwd)',
        "var RO=n=>{if(n.mount.opts.ro)throw new FS.ErrnoError(69)};"
        'for(let[k,ix]of[["mknod",[0]],["rename",[0,1]],["unlink",[0]],["rmdir",[0]],["symlink",[0]],["setattr",[0]]])'
        "{let f=NODEFS.node_ops[k];NODEFS.node_ops[k]=(...x)=>{ix.forEach(j=>RO(x[j]));return f(...x)}}"
        # 1731: the flags O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC and O_APPEND.
        "let open0=NODEFS.stream_ops.open;NODEFS.stream_ops.open=s=>{if(s.flags&1731)RO(s.node);return open0(s)};"
        'for(let[host,guest,mode]of JSON.parse(process.env.LEAN_WASM_MOUNTS||"[]"))'
        '{FS.mkdirTree(guest);FS.mount(NODEFS,{root:host,ro:mode!=="rw"},guest)}'
        'FS.mkdirTree("/bin");FS.writeFile("/bin/lean","");'
        'FS.chdir(process.env.LEAN_WASM_CWD||"/")',
    ),
    Replacement(
        "Lean's own path is a file inside: that of the glue on the host need not be mounted",
        'if(isNode){path=__filename}else{path="/bin/lean.wasm"}',
        'path="/bin/lean";',
    ),
)

GLOBALS = "var _main,_lean_main,"
ASSIGNMENTS = "function assignWasmExports(wasmExports){"


def patch(glue: str) -> str:
    """The glue with every change made.

    Raises:
        BundleError: it is not the glue that the changes were written for.
    """
    # First, since what remains is a hundredth of it.
    glue = _without_unused_exports(glue)
    for replacement in REPLACEMENTS:
        if glue.count(replacement.old) != 1:
            raise _unknown(f"no single place where {replacement.why.split(':')[0]}")
        glue = glue.replace(replacement.old, replacement.new)
    # Its debug prints would mix with Lean's answers.
    return glue.replace('console.log("[DEBUG:', 'void("[DEBUG:')


def _without_unused_exports(glue: str) -> str:
    """Leave out the variables, one for each of 200,000 exported functions, that nothing reads: 87 of the 89 MB."""
    start = glue.find(GLOBALS)
    stop = glue.find(";", start)
    assign = glue.find(ASSIGNMENTS, stop)
    close = glue.find("}", assign)
    if min(start, stop, assign, close) < 0:
        raise _unknown("no list of exported functions")
    names = glue[start + len("var ") : stop].split(",")
    assignments = glue[assign + len(ASSIGNMENTS) : close].split(";")
    head, between, tail = glue[:start], glue[stop:assign], glue[close:]
    used = set(re.findall(r"[A-Za-z_$][\w$]*", head + between + tail))
    kept_names = ",".join(name for name in names if name in used)
    kept_assignments = ";".join(line for line in assignments if line and line.split("=", 1)[0] in used)
    return f"{head}var {kept_names}{between}{ASSIGNMENTS}{kept_assignments}{tail}"


def _unknown(what: str) -> BundleError:
    return BundleError(
        f"The bundled Lean's lean.js is not the one that this version of Stepwise knows: {what}.",
        "Delete the cache folder that `prove doctor` names and run it again.",
    )
